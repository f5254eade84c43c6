package io.telepresence.userd.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.agree.Routing;
import io.telepresence.agree.Routing.Rule;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.manager.ClusterInfo;
import io.telepresence.userd.config.ClientConfig;
import io.telepresence.userd.config.ConfigLayer;
import io.telepresence.userd.config.Problems;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the root daemon is told of subnets. */
class NetworkConfigBuilderTest {
    private static Routing told(Routing typed, String configuration) throws FaultException {
        ClientConfig config = ClientConfig.of(ConfigLayer.parse(configuration, "here", new Problems()));
        NetworkConfigBuilder builder =
                new NetworkConfigBuilder(Path.of("/s"), List.of(), typed, config, "default", List.of(), false);
        return Routing.fromWire(
                builder.config("s1", ClusterInfo.getDefaultInstance()).getRouting());
    }

    @Test
    void whatWasTypedComesBeforeWhatIsConfigured() throws FaultException {
        Routing typed =
                new Routing(Map.of(Rule.ALSO_PROXY, List.of("10.3.0.0/16"), Rule.NEVER_PROXY, List.of("10.4.0.1")));
        assertEquals(
                new Routing(Map.of(
                        Rule.ALSO_PROXY,
                        List.of("10.3.0.0/16", "10.1.0.0/16"),
                        Rule.NEVER_PROXY,
                        List.of("10.4.0.1/32"),
                        Rule.ALLOW_CONFLICTING,
                        List.of("10.2.0.0/16"))),
                told(typed, "routing: {alsoProxySubnets: [10.1.0.0/16], allowConflictingSubnets: [10.2.0.0/16]}"));
    }

    @Test
    void aSubnetIsWrittenInItsUsualForm() throws FaultException {
        Routing typed =
                new Routing(Map.of(Rule.NEVER_PROXY, List.of("FD00:0:0::0/64", "10.1.2.3/16", "::ffff:10.0.0.1/32")));
        assertEquals(
                List.of("fd00::/64", "10.1.2.3/16", "10.0.0.1/32"),
                told(typed, "").subnets(Rule.NEVER_PROXY));
    }

    @ParameterizedTest
    @ValueSource(strings = {"not-a-cidr", "10.1.0.0/33", "10.1.0.0/-1", "fd00::/129", "10.1.0.0/x", "localhost/8", ""})
    void whatIsNoSubnetIsRefused(String text) {
        Routing typed = new Routing(Map.of(Rule.ALLOW_CONFLICTING, List.of(text)));
        FaultException e = assertThrows(FaultException.class, () -> told(typed, ""));
        assertEquals(
                "\"" + text + "\" is not a subnet like 10.1.0.0/16", e.fault().text());
    }
}

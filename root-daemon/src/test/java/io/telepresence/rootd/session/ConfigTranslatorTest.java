package io.telepresence.rootd.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.agree.Routing;
import io.telepresence.agree.Routing.Rule;
import io.telepresence.base.Cidr;
import io.telepresence.rpc.rootd.NetworkConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The user's rules about subnets as they arrive. */
class ConfigTranslatorTest {
    private static ProxyRules rules(Map<Rule, List<String>> lists) {
        NetworkConfig config = NetworkConfig.newBuilder()
                .setRouting(new Routing(lists).toWire())
                .build();
        return ConfigTranslator.rules(config, true, true);
    }

    private static List<Cidr> cidrs(String... texts) {
        return Arrays.stream(texts).map(Cidr::parse).toList();
    }

    @Test
    void eachRuleIsAListOfItsOwn() {
        assertEquals(
                new ProxyRules(
                        List.of(),
                        cidrs("10.1.0.0/16"),
                        cidrs("10.2.0.0/16", "fd00::/64"),
                        cidrs("10.3.0.0/16"),
                        List.of()),
                rules(Map.of(
                        Rule.ALLOW_CONFLICTING,
                        List.of("10.3.0.0/16"),
                        Rule.ALSO_PROXY,
                        List.of("10.1.0.0/16"),
                        Rule.NEVER_PROXY,
                        List.of("10.2.0.0/16", "fd00::/64"))));
    }

    /** No name is ever looked up for it. */
    @ParameterizedTest
    @ValueSource(strings = {"localhost/8", "10.1.0.0/33", "10.1.0.0/x", "", "/"})
    void whatIsNoSubnetIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> rules(Map.of(Rule.NEVER_PROXY, List.of(text))));
    }
}

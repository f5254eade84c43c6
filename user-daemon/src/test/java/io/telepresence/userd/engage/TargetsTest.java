package io.telepresence.userd.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.engagement.EngagementCodec;
import io.telepresence.rpc.engagement.EngagedPort;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.EngagementState;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two engagements never send to one local program by accident, and the manager sends nowhere but where the user said. */
class TargetsTest {
    private static io.telepresence.engagement.Engagement engagement(
            EngagementKind kind, String host, Protocol protocol, int port) {
        return EngagementCodec.engagement(Engagement.newBuilder()
                        .setId("s:" + port)
                        .setState(EngagementState.ACTIVE)
                        .setSpec(EngagementSpec.newBuilder()
                                .setKind(kind)
                                .setName("name")
                                .setWorkload("echo")
                                .setNamespace("default")
                                .setTargetHost(host))
                        .addPorts(EngagedPort.newBuilder()
                                .setProtocol(protocol)
                                .setContainerPort(80)
                                .setLocalPort(port))
                        .build())
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "INTERCEPT, '', TCP, 8080, 127.0.0.1:8080",
        "REPLACE, '', TCP, 8080, 127.0.0.1:8080",
        "INTERCEPT, 127.0.0.1, TCP, 8080, 127.0.0.1:8080",
        // Another port, protocol or host is another program.
        "INTERCEPT, '', TCP, 8081, ''",
        "INTERCEPT, '', UDP, 8080, ''",
        "INTERCEPT, 192.168.1.2, TCP, 8080, ''",
        // Who only listens may share.
        "WIRETAP, '', TCP, 8080, ''"
    })
    void oneTargetForOneEngagement(EngagementKind kind, String host, Protocol protocol, int port, String clash) {
        var first = engagement(EngagementKind.INTERCEPT, "", Protocol.TCP, 8080);
        var second = engagement(kind, host, protocol, port);
        Optional<String> expected = clash.isEmpty() ? Optional.empty() : Optional.of(clash);
        assertEquals(expected, Targets.clash(second, first));
        assertEquals(expected, Targets.clash(first, second));
    }

    @ParameterizedTest
    @CsvSource({
        "'', '', 8080, true",
        "'', 127.0.0.1, 8080, true",
        "127.0.0.1, '', 8080, true",
        "'', localhost, 8080, false",
        "'', 127.0.0.1, 22, false",
        "'', 192.168.1.1, 8080, false",
        "nas, nas, 8080, true",
        "nas, '', 8080, false",
        "nas, router, 8080, false"
    })
    void onlyTheUserSaysWhereConnectionsGo(String said, String asked, int port, boolean allowed) {
        var engagement = engagement(EngagementKind.INTERCEPT, said, Protocol.TCP, 8080);
        assertEquals(allowed, Targets.allows(engagement, asked, port));
    }
}

package io.telepresence.agent.link;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.agent.rules.AppPort;
import io.telepresence.agent.rules.TrafficRules;
import io.telepresence.agent.rules.Verdict;
import io.telepresence.rpc.manager.EngagedPort;
import io.telepresence.rpc.manager.Engagement;
import io.telepresence.rpc.manager.EngagementKind;
import io.telepresence.rpc.manager.EngagementSnapshot;
import io.telepresence.rpc.manager.EngagementSpec;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EngagementTranslatorTest {
    private static final AppPort PORT = new AppPort(AppPort.Transport.TCP, 8080);

    @Test
    void activeInterceptsBecomeRules() {
        assertEquals(
                new TrafficRules(Map.of(PORT, new Verdict.ToClient("id", "box", 3000))),
                translate(EngagementKind.INTERCEPT, "ACTIVE", "box", port(8080, 3000)));
    }

    @Test
    void whatIsNotSaidHasItsUsualValue() {
        assertEquals(
                new TrafficRules(Map.of(PORT, new Verdict.ToClient("id", "127.0.0.1", 8080))),
                translate(EngagementKind.REPLACE, "ACTIVE", "", port(8080, 0)));
    }

    @Test
    void othersAndUnknownOnesDoNot() {
        assertEquals(TrafficRules.NONE, translate(EngagementKind.INTERCEPT, "WAITING", "", port(8080, 1)));
        assertEquals(TrafficRules.NONE, translate(EngagementKind.WIRETAP, "ACTIVE", "", port(8080, 1)));
        assertEquals(TrafficRules.NONE, translate(EngagementKind.INGEST, "ACTIVE", "", port(8080, 1)));
        assertEquals(TrafficRules.NONE, translate(EngagementKind.INTERCEPT, "ACTIVE", "", port(70_000, 1)));
        EngagedPort strange = EngagedPort.newBuilder()
                .setProtocolValue(77)
                .setContainerPort(8080)
                .build();
        assertEquals(TrafficRules.NONE, translate(EngagementKind.INTERCEPT, "ACTIVE", "", strange));
    }

    private static EngagedPort port(int container, int local) {
        return EngagedPort.newBuilder()
                .setProtocol(Protocol.TCP)
                .setContainerPort(container)
                .setLocalPort(local)
                .build();
    }

    private static TrafficRules translate(EngagementKind kind, String disposition, String host, EngagedPort port) {
        return EngagementTranslator.fromWire(EngagementSnapshot.newBuilder()
                .addEngagements(Engagement.newBuilder()
                        .setId("id")
                        .setSpec(EngagementSpec.newBuilder().setKind(kind).setTargetHost(host))
                        .setDisposition(disposition)
                        .addPorts(port))
                .build());
    }
}

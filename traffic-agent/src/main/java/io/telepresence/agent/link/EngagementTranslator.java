package io.telepresence.agent.link;

import io.telepresence.agent.rules.AppPort;
import io.telepresence.agent.rules.TrafficRules;
import io.telepresence.agent.rules.Verdict;
import io.telepresence.rpc.manager.EngagedPort;
import io.telepresence.rpc.manager.Engagement;
import io.telepresence.rpc.manager.EngagementKind;
import io.telepresence.rpc.manager.EngagementSnapshot;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.ArrayList;
import java.util.List;

/** Engagements as the manager tells them, as rules. */
final class EngagementTranslator {
    private static final String ACTIVE = "ACTIVE";
    private static final String LOCALHOST = "127.0.0.1";

    private EngagementTranslator() {}

    /** Only active engagements that take the port over become rules; kinds and ports we do not know are passed over. */
    static TrafficRules fromWire(EngagementSnapshot snapshot) {
        List<TrafficRules.Rule> rules = new ArrayList<>();
        for (Engagement engagement : snapshot.getEngagementsList()) {
            if (engagement.getDisposition().equals(ACTIVE)
                    && takesOver(engagement.getSpec().getKind())) {
                engagement.getPortsList().stream()
                        .filter(EngagementTranslator::known)
                        .forEach(port -> rules.add(rule(engagement, port)));
            }
        }
        return TrafficRules.of(rules);
    }

    private static TrafficRules.Rule rule(Engagement engagement, EngagedPort port) {
        String host = engagement.getSpec().getTargetHost();
        return new TrafficRules.Rule(
                new AppPort(
                        port.getProtocol() == Protocol.UDP ? AppPort.Transport.UDP : AppPort.Transport.TCP,
                        port.getContainerPort()),
                new Verdict.ToClient(
                        engagement.getId(),
                        host.isEmpty() ? LOCALHOST : host,
                        port.getLocalPort() == 0 ? port.getContainerPort() : port.getLocalPort()));
    }

    private static boolean takesOver(EngagementKind kind) {
        return kind == EngagementKind.INTERCEPT || kind == EngagementKind.REPLACE;
    }

    private static boolean known(EngagedPort port) {
        return port.getProtocol() != Protocol.UNRECOGNIZED
                && port.getContainerPort() > 0
                && port.getContainerPort() <= 65535;
    }
}

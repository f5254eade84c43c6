package io.telepresence.userd.engage;

import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagedPort;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.manager.DialRequest;
import java.util.Optional;

/** Where on this laptop engagements lead. Pure. */
final class Targets {
    private Targets() {}

    /**
     * The address that both use, if there is one. Wiretaps only listen: they may share. Only the manager's answer tells a
     * port's protocol and number, so specs cannot be compared.
     */
    static Optional<String> clash(Engagement one, Engagement other) {
        String host = host(one.getSpec());
        if (copies(one) || copies(other) || !host.equals(host(other.getSpec()))) {
            return Optional.empty();
        }
        return one.getPortsList().stream()
                .filter(port -> other.getPortsList().stream().anyMatch(used -> sameTarget(port, used)))
                .findFirst()
                .map(port -> host + ":" + port.getLocalPort());
    }

    /** Whether the request leads where the user said that this engagement leads: nobody else chooses targets. */
    static boolean allows(Engagement engagement, DialRequest request) {
        boolean port = engagement.getPortsList().stream()
                .map(EngagedPort::getLocalPort)
                .anyMatch(p -> p == request.getPort());
        return port && host(engagement.getSpec()).equals(request.getHost().isEmpty() ? "127.0.0.1" : request.getHost());
    }

    static String host(EngagementSpec spec) {
        return spec.getTargetHost().isEmpty() ? "127.0.0.1" : spec.getTargetHost();
    }

    private static boolean copies(Engagement engagement) {
        return EngagementCodec.kind(engagement.getSpec().getKind())
                .filter(EngagementKind::copiesTraffic)
                .isPresent();
    }

    private static boolean sameTarget(EngagedPort one, EngagedPort other) {
        return one.getProtocol() == other.getProtocol() && one.getLocalPort() == other.getLocalPort();
    }
}

package io.telepresence.userd.engage;

import io.telepresence.rpc.manager.DialRequest;
import io.telepresence.rpc.manager.EngagedPort;
import io.telepresence.rpc.manager.Engagement;
import io.telepresence.rpc.manager.EngagementKind;
import io.telepresence.rpc.manager.EngagementSpec;
import io.telepresence.rpc.manager.PortRequest;
import java.util.Optional;

/** Where on this laptop engagements lead. Pure. */
final class Targets {
    private Targets() {}

    /** The address that both would use, if there is one. Wiretaps only listen: they may share. */
    static Optional<String> clash(EngagementSpec one, EngagementSpec other) {
        boolean copies = one.getKind() == EngagementKind.WIRETAP || other.getKind() == EngagementKind.WIRETAP;
        if (copies || !host(one).equals(host(other))) {
            return Optional.empty();
        }
        for (PortRequest port : one.getPortsList()) {
            for (PortRequest used : other.getPortsList()) {
                if (port.getLocalPort() != 0 && port.getLocalPort() == used.getLocalPort() && udp(port) == udp(used)) {
                    return Optional.of(host(one) + ":" + port.getLocalPort());
                }
            }
        }
        return Optional.empty();
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

    private static boolean udp(PortRequest port) {
        return port.getIdentifier().toUpperCase(java.util.Locale.ROOT).endsWith("/UDP");
    }
}

package io.telepresence.userd.engage;

import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.Engagement;
import io.telepresence.engagement.EngagementSpec;
import java.util.Optional;

/** Where on this laptop engagements lead. Pure. */
final class Targets {
    private Targets() {}

    /**
     * The address that both use, if there is one. Wiretaps only listen: they may share. Only the manager's answer tells a
     * port's protocol and number, so specs cannot be compared.
     */
    static Optional<String> clash(Engagement one, Engagement other) {
        String host = one.spec().targetHost();
        boolean copied = one.kind().copiesTraffic() || other.kind().copiesTraffic();
        if (copied || !host.equals(other.spec().targetHost())) {
            return Optional.empty();
        }
        return one.status().ports().stream()
                .filter(port -> other.status().ports().stream().anyMatch(used -> sameTarget(port, used)))
                .findFirst()
                .map(port -> host + ":" + port.localPort());
    }

    /** Whether the request leads where the user said that this engagement leads: nobody else chooses targets. */
    static boolean allows(Engagement engagement, String host, int number) {
        boolean port =
                engagement.status().ports().stream().map(EngagedPort::localPort).anyMatch(p -> p == number);
        return port && engagement.spec().targetHost().equals(host(host));
    }

    /** Where the manager wants the connection to go; empty: it does not say. */
    static String host(String asked) {
        return asked.isEmpty() ? EngagementSpec.LOCALHOST : asked;
    }

    private static boolean sameTarget(EngagedPort one, EngagedPort other) {
        return one.udp() == other.udp() && one.localPort() == other.localPort();
    }
}

package io.telepresence.manager.tunnel;

import io.telepresence.manager.session.SessionRegistry;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Switchboards whose network is the test's. */
public final class TestSwitchboards {
    private TestSwitchboards() {}

    /** @param network where a destination really is */
    public static Switchboard on(
            SessionRegistry sessions,
            Deliveries deliveries,
            PodAccessRules reaches,
            UnaryOperator<InetSocketAddress> network) {
        Switchboard.Limits limits = new Switchboard.Limits(Switchboard.FETCH_LIMIT, Duration.ofMillis(200));
        return new Switchboard(sessions, deliveries, reaches, limits, (_, to) -> Optional.of(network.apply(to)));
    }
}

package io.telepresence.agent.route;

import java.util.List;
import java.util.Objects;

/**
 * What happens to one connection or request.
 *
 * @param to where it goes
 * @param otherwise where it goes if the laptop does not open a connection for it; null: the caller is refused
 * @param taps who gets a copy
 */
public record Route(Destination to, Destination otherwise, List<ClientEndpoint> taps) {
    /** To the app, and nobody gets a copy. */
    public static final Route APP = new Route(Destination.TO_APP, null, List.of());

    public Route {
        Objects.requireNonNull(to);
        taps = List.copyOf(taps);
    }

    /** The engagement that takes it; empty: the app does. */
    public String engagementId() {
        return to instanceof Destination.ToClient client ? client.target().engagementId() : "";
    }
}

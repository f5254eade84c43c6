package io.telepresence.agent.route;

import java.util.List;
import java.util.Objects;

/**
 * What happens to one connection or request.
 *
 * @param destination where it goes
 * @param fallback where it goes if the laptop does not open a connection for it; null: the caller is refused
 * @param mirrors who gets a copy
 */
public record Route(Destination destination, Destination fallback, List<ClientEndpoint> mirrors) {
    /** To the app, and nobody gets a copy. */
    public static final Route APP = new Route(Destination.TO_APP, null, List.of());

    public Route {
        Objects.requireNonNull(destination);
        mirrors = List.copyOf(mirrors);
    }

    /** The engagement that takes it; empty: the app does. */
    public String engagementId() {
        return engagementId(destination);
    }

    /** The engagement of a destination; empty: the app. */
    static String engagementId(Destination destination) {
        return destination instanceof Destination.ToClient client
                ? client.target().engagementId()
                : "";
    }
}

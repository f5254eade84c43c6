package io.telepresence.agent.route;

import java.util.List;

/** One request on its route: where it goes by now, and whether it fell back. Not thread-safe. */
public final class RequestRoute {
    private final Route route;
    private Destination destination;

    public RequestRoute(Route route) {
        this.route = route;
        this.destination = route.destination();
    }

    /** By now. */
    public Destination destination() {
        return destination;
    }

    /** The engagement that takes it by now; empty: the app does. */
    public String engagementId() {
        return Route.engagementId(destination);
    }

    /** The engagement that it matched first; empty: none. */
    public String matchedEngagementId() {
        return route.engagementId();
    }

    public List<ClientEndpoint> mirrors() {
        return route.mirrors();
    }

    /**
     * Nobody took it at {@code refused}: goes on to the fallback, once. The only place where falling back is decided.
     *
     * @return false: there is no other place, the caller is refused
     */
    public boolean fallBack(Destination refused) {
        Destination fallback = route.fallback();
        if (fallback == null || failedOpen() || !refused.equals(destination) || fallback.equals(destination)) {
            return false;
        }
        destination = fallback;
        return true;
    }

    /** Whether it goes elsewhere than its rule says, because nobody took it there. */
    public boolean failedOpen() {
        return !destination.equals(route.destination());
    }
}

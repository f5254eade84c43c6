package io.telepresence.agent.route;

import io.telepresence.engagement.HttpHead;
import io.telepresence.engagement.RequestRouter;
import io.telepresence.engagement.RequestRouter.Rule;
import java.util.List;
import java.util.Optional;

/** What is engaged on one port at one moment, as destinations. */
public final class PortRoutes {
    /** Nothing is engaged. */
    public static final PortRoutes NONE = new PortRoutes(new RequestRouter<>(List.of()), false);

    private final RequestRouter<ClientEndpoint> router;
    private final boolean leaving;
    private final Destination fallback;
    private final Route raw;

    private PortRoutes(RequestRouter<ClientEndpoint> router, boolean leaving) {
        this.router = router;
        this.leaving = leaving;
        this.fallback = router.takers().stream()
                .filter(r -> r.kind().replacesContainer())
                .findFirst()
                .map(PortRoutes::toClient)
                .orElse(Destination.TO_APP);
        this.raw = route(router.rawTaker(), router.rawMirrors());
    }

    /** @param rules oldest engagement first */
    public static PortRoutes of(List<Rule<ClientEndpoint>> rules) {
        return rules.isEmpty() ? NONE : new PortRoutes(new RequestRouter<>(rules), false);
    }

    /** The same for a pod that ends. */
    PortRoutes leaving() {
        return new PortRoutes(router, true);
    }

    /**
     * Whether the pod ends: callers that keep connections to a client's program are asked to open others, elsewhere. The
     * app asks its own callers itself.
     */
    public boolean isLeaving() {
        return leaving;
    }

    /** In the order in which they are asked. */
    public List<Rule<ClientEndpoint>> takers() {
        return router.takers();
    }

    public List<Rule<ClientEndpoint>> mirrors() {
        return router.mirrors();
    }

    public boolean isEmpty() {
        return router.isEmpty();
    }

    /** Whether connections must be read as HTTP, because somebody wants only some of the requests. */
    public boolean needsHttp() {
        return router.needsHttp();
    }

    /** Whether somebody wants what is inside TLS, and not TLS itself. */
    public boolean wantsPlaintext() {
        return takers().stream().anyMatch(r -> r.engagement().plaintext())
                || mirrors().stream().anyMatch(r -> r.engagement().plaintext());
    }

    /** Of one HTTP request. */
    public Route route(HttpHead request) {
        return needsHttp() ? route(router.taker(request), router.mirrors(request)) : raw;
    }

    /** Of a connection (or datagram) that is no HTTP, or not read as such: only who takes everything counts. */
    public Route raw() {
        return raw;
    }

    private Route route(Optional<Rule<ClientEndpoint>> taker, List<Rule<ClientEndpoint>> rules) {
        List<ClientEndpoint> copies = rules.stream().map(Rule::engagement).toList();
        if (taker.isPresent()) {
            Rule<ClientEndpoint> rule = taker.get();
            return new Route(toClient(rule), rule.filter().takesEverything() ? null : fallback, copies);
        }
        return copies.isEmpty() ? Route.APP : new Route(Destination.TO_APP, null, copies);
    }

    private static Destination toClient(Rule<ClientEndpoint> rule) {
        return new Destination.ToClient(rule.engagement());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PortRoutes that && router.equals(that.router) && leaving == that.leaving;
    }

    @Override
    public int hashCode() {
        return router.hashCode();
    }

    @Override
    public String toString() {
        return "takers " + takers() + " mirrors " + mirrors();
    }
}

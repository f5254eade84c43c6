package io.telepresence.manager.tunnel;

import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.rpc.tunnel.Reach;
import io.telepresence.tunnel.FlowAcceptor;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReason;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Accepts every flow. From clients: dials into the cluster, joins what they fetch with what an agent delivers, and asks
 * agents to fetch what shall reach into their pods. From agents: parks the connection and asks the client to come for
 * it. Every flow is cut when its session ends. All work happens on the flows' loops.
 */
public final class Switchboard {
    public static final Duration FETCH_LIMIT = Duration.ofSeconds(5);

    /** How long a connection may go on when its engagement has ended: a request that is being answered gets there. */
    public static final Duration GRACE = Duration.ofSeconds(5);

    private final SessionRegistry sessions;
    private final ClusterDialer dialer;
    private final DeliveredFlows delivered;
    private final PodAccessFlows reaching;

    /**
     * @param fetch until a parked flow is given up
     * @param grace of connections whose engagement has ended
     */
    record Limits(Duration fetch, Duration grace) {}

    /** The first two say where flows between clients and pods may go, the last where clients are connected to. */
    public Switchboard(SessionRegistry sessions, Deliveries deliveries, PodAccessRules reaches, DialRules dials) {
        this(sessions, deliveries, reaches, new Limits(FETCH_LIMIT, GRACE), (protocol, to) -> Optional.of(to)
                .filter(a -> dials.mayDial(protocol, a)));
    }

    Switchboard(
            SessionRegistry sessions,
            Deliveries deliveries,
            PodAccessRules reaches,
            Limits limits,
            ClusterDialer.Roads roads) {
        this.sessions = sessions;
        this.dialer = new ClusterDialer(roads);
        PickupTimeout fetches = new PickupTimeout(limits.fetch());
        this.delivered = new DeliveredFlows(deliveries, fetches, limits.grace());
        this.reaching = new PodAccessFlows(reaches, fetches);
    }

    /**
     * For the port where clients arrive: dial, fetch and reach.
     *
     * @param caller who opens the flow that is being accepted
     */
    public FlowAcceptor clients(Supplier<Caller> caller) {
        return (flow, open) -> {
            Optional<ClientSession> client = sessions.client(open.getSessionId(), caller.get());
            if (client.isEmpty()) { // it arrives again, for example after a restart of this manager
                flow.reset(ResetReason.UNREACHABLE, "no such session");
                return;
            }
            switch (open.getPurposeCase()) {
                case DIAL -> dialer.dial(new TrackedFlow(flow, client.get()), open.getDialTimeoutMs());
                case FETCH ->
                    delivered.fetch(flow, client.get(), open.getFetch().getDialId());
                case REACH -> reaching.reach(flow, client.get(), open.getReach());
                case DELIVER, PURPOSE_NOT_SET -> flow.reset(ResetReason.DENIED, "clients dial, fetch and reach");
            }
        };
    }

    /** For the port where agents arrive: deliver and fetch. */
    public FlowAcceptor agents() {
        return (flow, open) -> {
            Optional<AgentSession> agent = sessions.agent(open.getSessionId());
            if (agent.isEmpty()) {
                flow.reset(ResetReason.DENIED, "no such session");
                return;
            }
            switch (open.getPurposeCase()) {
                case DELIVER ->
                    delivered.deliver(
                            flow,
                            agent.get(),
                            new DeliveredFlows.Wanted(
                                    open.getDeliver().getEngagementId(),
                                    open.getDeliver().getHost(),
                                    open.getDeliver().getPort()));
                case FETCH -> reaching.fetch(flow, agent.get(), open.getFetch().getDialId());
                case DIAL, REACH, PURPOSE_NOT_SET -> flow.reset(ResetReason.DENIED, "agents deliver and fetch");
            }
        };
    }

    /** What a client is asked: come, fetch {@code dialId}, and dial host:port. */
    public record DialAsked(String dialId, FlowKey key, String engagementId, String host, int port) {}

    /** What an agent is asked: come, fetch {@code dialId}, and serve it. */
    public record ReachAsked(String dialId, FlowKey key, Reach reach, String container) {}

    /**
     * The client hears of its dials from now on, one at a time.
     *
     * @param replaced runs when a newer watch takes this one's place
     * @return ends the watch
     */
    public Runnable watchDials(ClientSession client, Consumer<DialAsked> requests, Runnable replaced) {
        return delivered.watch(client, requests, replaced);
    }

    /** The same for an agent, into whose pod clients want to reach. */
    public Runnable watchReaches(AgentSession agent, Consumer<ReachAsked> requests, Runnable replaced) {
        return reaching.watch(agent, requests, replaced);
    }

    /**
     * An engagement is over: what waits for its client is refused, so that it goes to the application; what is with the
     * client already may end within the grace; nobody reaches into its pods any more.
     */
    public void engagementEnded(String engagementId) {
        reaching.engagementEnded(engagementId);
        delivered.engagementEnded(engagementId);
    }
}

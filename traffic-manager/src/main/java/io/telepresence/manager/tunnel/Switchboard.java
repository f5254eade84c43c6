package io.telepresence.manager.tunnel;

import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.rpc.tunnel.Deliver;
import io.telepresence.rpc.tunnel.Reach;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowAcceptor;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReason;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

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
    private final Deliveries deliveries;
    private final Duration grace;
    private final ClusterDialer dialer;
    private final PickupTimeout fetches;
    private final PendingFlows<ClientSession, Wanted> parked = new PendingFlows<>();
    private final PodAccessFlows reaching;
    private final EngagedFlows delivered = new EngagedFlows();
    private final EngagedFlows reached = new EngagedFlows();

    /**
     * @param fetch until a parked flow is given up
     * @param grace of connections whose engagement has ended
     */
    record Limits(Duration fetch, Duration grace) {}

    private record Wanted(String engagementId, String host, int port) {}

    /** The two say where flows may go. */
    public Switchboard(SessionRegistry sessions, Deliveries deliveries, PodAccessRules reaches) {
        this(sessions, deliveries, reaches, new Limits(FETCH_LIMIT, GRACE), to -> Optional.of(to)
                .filter(a -> mayDial(a.getAddress())));
    }

    Switchboard(
            SessionRegistry sessions,
            Deliveries deliveries,
            PodAccessRules reaches,
            Limits limits,
            ClusterDialer.Roads roads) {
        this.sessions = sessions;
        this.deliveries = deliveries;
        this.grace = limits.grace();
        this.dialer = new ClusterDialer(roads);
        this.fetches = new PickupTimeout(limits.fetch());
        this.reaching = new PodAccessFlows(reaches, fetches);
    }

    /** Whether the manager reaches out to that address on behalf of a client. */
    public static boolean mayDial(InetAddress address) {
        return !ForbiddenAddresses.forbidden(address);
    }

    /** For the port where clients arrive: dial, fetch and reach. */
    public FlowAcceptor clients() {
        return (flow, open) -> {
            Optional<ClientSession> client = sessions.client(open.getSessionId());
            if (client.isEmpty()) { // it arrives again, for example after a restart of this manager
                flow.reset(ResetReason.UNREACHABLE, "no such session");
                return;
            }
            switch (open.getPurposeCase()) {
                case DIAL -> dialer.dial(new TrackedFlow(flow, client.get()), open.getDialTimeoutMs());
                case FETCH ->
                    PickupTimeout.join(
                            flow,
                            client.get(),
                            parked.take(client.get(), open.getFetch().getDialId()));
                case REACH ->
                    reaching.reach(
                            flow,
                            client.get(),
                            open.getReach(),
                            tracked -> reached.add(open.getReach().getEngagementId(), tracked));
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
                case DELIVER -> deliver(flow, agent.get(), open.getDeliver());
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
        return parked.watch(
                client,
                p -> requests.accept(new DialAsked(
                        p.id(),
                        p.flow().key(),
                        p.request().engagementId(),
                        p.request().host(),
                        p.request().port())),
                replaced);
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
        parked.dropAll(wanted -> wanted.engagementId().equals(engagementId))
                .forEach(p ->
                        p.flow().loop().execute(() -> p.flow().reset(ResetReason.DENIED, "the engagement has ended")));
        reached.end(engagementId, Duration.ZERO);
        delivered.end(engagementId, grace);
    }

    private void deliver(Flow flow, AgentSession agent, Deliver deliver) {
        String engagement = deliver.getEngagementId();
        Optional<ClientSession> client = deliveries.receiver(agent, engagement, deliver.getHost(), deliver.getPort());
        if (client.isEmpty()) {
            flow.reset(ResetReason.DENIED, "not an engagement of this agent");
            return;
        }
        TrackedFlow tracked = new TrackedFlow(flow, agent);
        var waiting = parked.park(client.get(), new Wanted(engagement, deliver.getHost(), deliver.getPort()), tracked);
        if (waiting.isEmpty()) {
            tracked.reset(ResetReason.NO_CLIENT, client.get() + " fetches nothing");
            return;
        }
        delivered.add(engagement, tracked);
        fetches.begin(parked, waiting.get(), client.get(), ResetReason.NO_CLIENT);
        boolean endedMeanwhile = deliveries
                .receiver(agent, engagement, deliver.getHost(), deliver.getPort())
                .isEmpty();
        if (endedMeanwhile && parked.drop(waiting.get().id())) {
            tracked.reset(ResetReason.DENIED, "the engagement has ended");
        }
    }
}

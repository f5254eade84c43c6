package io.telepresence.manager.tunnel;

import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.Sessions;
import io.telepresence.rpc.tunnel.Deliver;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.rpc.tunnel.Reset;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowAcceptor;
import io.telepresence.tunnel.FlowKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts every flow. From clients: dials into the cluster, and joins what they fetch with what an agent delivers. From
 * agents: parks the connection and asks the client to come for it. Every flow is cut when its session ends. All work
 * happens on the flows' loops.
 */
public final class Switchboard {
    public static final Duration FETCH_LIMIT = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(Switchboard.class);

    private final Sessions sessions;
    private final Deliveries deliveries;
    private final Duration fetchLimit;
    private final ClusterDialer dialer;
    private final PendingDials pending = new PendingDials();
    private final Map<String, Set<TrackedFlow>> delivered = new ConcurrentHashMap<>();

    public Switchboard(Sessions sessions, Deliveries deliveries) {
        this(sessions, deliveries, FETCH_LIMIT, to -> !mayDial(to.getAddress()));
    }

    Switchboard(Sessions sessions, Deliveries deliveries, Duration fetchLimit, Predicate<InetSocketAddress> forbidden) {
        this.sessions = sessions;
        this.deliveries = deliveries;
        this.fetchLimit = fetchLimit;
        this.dialer = new ClusterDialer(forbidden);
    }

    /** Whether the manager reaches out to that address on behalf of a client. */
    public static boolean mayDial(InetAddress address) {
        return !ForbiddenAddresses.forbidden(address);
    }

    /** For the port where clients arrive: dial and fetch. */
    public FlowAcceptor clients() {
        return (flow, open) -> {
            Optional<ClientSession> client = sessions.client(open.getSessionId());
            if (client.isEmpty()) {
                flow.reset(Reset.Why.DENIED, "no such session");
                return;
            }
            switch (open.getPurposeCase()) {
                case DIAL -> dialer.dial(new TrackedFlow(flow, client.get()), open.getDialTimeoutMs());
                case FETCH -> fetch(flow, client.get(), open.getFetch().getDialId());
                case DELIVER, PURPOSE_NOT_SET -> flow.reset(Reset.Why.DENIED, "clients dial and fetch");
            }
        };
    }

    /** For the port where agents arrive: deliver. */
    public FlowAcceptor agents() {
        return (flow, open) -> {
            Optional<AgentSession> agent = sessions.agent(open.getSessionId());
            if (agent.isEmpty()) {
                flow.reset(Reset.Why.DENIED, "no such session");
            } else if (open.getPurposeCase() == Open.PurposeCase.DELIVER) {
                deliver(flow, agent.get(), open.getDeliver());
            } else {
                flow.reset(Reset.Why.DENIED, "agents deliver");
            }
        };
    }

    /** What a client is asked: come, fetch {@code dialId}, and dial host:port. */
    public record DialAsked(String dialId, FlowKey key, String engagementId, String host, int port) {}

    /**
     * The client hears of its dials from now on, one at a time.
     *
     * @param replaced runs when a newer watch takes this one's place
     * @return ends the watch
     */
    public Runnable watchDials(ClientSession client, Consumer<DialAsked> requests, Runnable replaced) {
        return pending.watch(
                client,
                d -> requests.accept(new DialAsked(d.id(), d.flow().key(), d.engagementId(), d.host(), d.port())),
                replaced);
    }

    /** An engagement is over: its connections are cut, so that the next ones go to the application. */
    public void engagementEnded(String engagementId) {
        Set<TrackedFlow> flows = delivered.remove(engagementId);
        if (flows != null) {
            flows.forEach(f -> f.cut("the engagement has ended"));
        }
    }

    private void deliver(Flow flow, AgentSession agent, Deliver deliver) {
        String engagement = deliver.getEngagementId();
        Optional<ClientSession> client = deliveries.receiver(agent, engagement, deliver.getHost(), deliver.getPort());
        if (client.isEmpty()) {
            flow.reset(Reset.Why.DENIED, "not an engagement of this agent");
            return;
        }
        TrackedFlow parked = new TrackedFlow(flow, agent);
        Optional<PendingDials.Dial> dial =
                pending.park(client.get(), engagement, deliver.getHost(), deliver.getPort(), parked);
        if (dial.isEmpty()) {
            parked.reset(Reset.Why.NO_CLIENT, client.get() + " fetches nothing");
            return;
        }
        track(engagement, parked);
        awaitFetch(dial.get(), client.get());
    }

    private void track(String engagement, TrackedFlow flow) {
        delivered
                .computeIfAbsent(engagement, _ -> ConcurrentHashMap.newKeySet())
                .add(flow);
        flow.whenClosed(() -> delivered.computeIfPresent(engagement, (_, flows) -> {
            flows.remove(flow);
            return flows.isEmpty() ? null : flows;
        }));
    }

    private void awaitFetch(PendingDials.Dial dial, ClientSession client) {
        TrackedFlow flow = dial.flow();
        Runnable giveUp = () -> {
            if (pending.drop(dial.id())) {
                LOG.debug("{}: {} did not fetch it", flow.key(), client);
                flow.reset(Reset.Why.NO_CLIENT, client + " does not answer");
            }
        };
        var limit = flow.loop().schedule(giveUp, fetchLimit.toMillis(), TimeUnit.MILLISECONDS);
        var ending = client.onEnd(giveUp);
        flow.whenClosed(() -> {
            pending.drop(dial.id());
            limit.cancel(false);
            ending.close();
        });
    }

    private void fetch(Flow flow, ClientSession client, String dialId) {
        Optional<PendingDials.Dial> dial = pending.take(client, dialId);
        if (dial.isEmpty()) {
            flow.reset(Reset.Why.DENIED, "nothing to fetch under this id");
            return;
        }
        new Handover(dial.get().flow(), new TrackedFlow(flow, client)).begin();
    }
}

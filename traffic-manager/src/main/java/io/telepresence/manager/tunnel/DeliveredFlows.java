package io.telepresence.manager.tunnel;

import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.ResetReason;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** Agents deliver connections of engagements: the client is asked to come and fetch the flow. On the flows' loops. */
final class DeliveredFlows {
    private final Deliveries rules;
    private final PickupTimeout fetches;
    private final Duration grace;
    private final PendingFlows<ClientSession, Wanted> parked = new PendingFlows<>();
    private final EngagedFlows open = new EngagedFlows();

    /** What an agent wants to hand over: a connection of that engagement, to where its owner asked for. */
    record Wanted(String engagementId, String host, int port) {}

    /** @param grace of connections whose engagement has ended */
    DeliveredFlows(Deliveries rules, PickupTimeout fetches, Duration grace) {
        this.rules = rules;
        this.fetches = fetches;
        this.grace = grace;
    }

    void deliver(Flow flow, AgentSession agent, Wanted wanted) {
        Optional<ClientSession> client = receiver(agent, wanted);
        if (client.isEmpty()) {
            flow.reset(ResetReason.DENIED, "not an engagement of this agent");
            return;
        }
        TrackedFlow tracked = new TrackedFlow(flow, agent);
        var waiting = parked.park(client.get(), wanted, tracked);
        if (waiting.isEmpty()) {
            tracked.reset(ResetReason.NO_CLIENT, client.get() + " fetches nothing");
            return;
        }
        open.add(wanted.engagementId(), tracked);
        fetches.begin(parked, waiting.get(), client.get(), ResetReason.NO_CLIENT);
        boolean endedMeanwhile = receiver(agent, wanted).isEmpty();
        if (endedMeanwhile && parked.drop(waiting.get().id())) {
            tracked.reset(ResetReason.DENIED, "the engagement has ended");
        }
    }

    private Optional<ClientSession> receiver(AgentSession agent, Wanted wanted) {
        return rules.receiver(agent, wanted.engagementId(), wanted.host(), wanted.port());
    }

    /** The client has come for a flow. */
    void fetch(Flow flow, ClientSession client, String dialId) {
        PickupTimeout.join(flow, client, parked.take(client, dialId));
    }

    Runnable watch(ClientSession client, Consumer<Switchboard.DialAsked> requests, Runnable replaced) {
        return parked.watch(
                client,
                p -> requests.accept(new Switchboard.DialAsked(
                        p.id(),
                        p.flow().key(),
                        p.request().engagementId(),
                        p.request().host(),
                        p.request().port())),
                replaced);
    }

    /** What waits is refused, so that it goes to the application; what is with the client may end within the grace. */
    void engagementEnded(String engagementId) {
        parked.dropAll(waiting -> waiting.engagementId().equals(engagementId))
                .forEach(p ->
                        p.flow().loop().execute(() -> p.flow().reset(ResetReason.DENIED, "the engagement has ended")));
        open.end(engagementId, grace);
    }
}

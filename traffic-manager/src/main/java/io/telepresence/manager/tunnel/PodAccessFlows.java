package io.telepresence.manager.tunnel;

import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.rpc.tunnel.Reach;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.ResetReason;
import java.time.Duration;
import java.util.function.Consumer;

/** Clients want something inside a pod: the agent there is asked to come and fetch the flow. On the flows' loops. */
final class PodAccessFlows {
    private final PodAccessRules reaches;
    private final PendingFlows<AgentSession, Wish> parked = new PendingFlows<>();
    private final PickupTimeout fetches;
    private final EngagedFlows open = new EngagedFlows();

    private record Wish(Reach reach, String container) {}

    PodAccessFlows(PodAccessRules reaches, PickupTimeout fetches) {
        this.reaches = reaches;
        this.fetches = fetches;
    }

    void reach(Flow flow, ClientSession client, Reach wish) {
        switch (reaches.find(client, wish, flow.key().protocol())) {
            case PodAccessRules.Answer.Denied denied -> flow.reset(ResetReason.DENIED, denied.why());
            case PodAccessRules.Answer.Granted granted -> {
                park(flow, client, granted, wish.getEngagementId());
                // What ended in the meantime has not seen this flow among those that it cuts.
                if (reaches.find(client, wish, flow.key().protocol()) instanceof PodAccessRules.Answer.Denied denied) {
                    flow.reset(ResetReason.DENIED, denied.why());
                }
            }
        }
    }

    private void park(Flow flow, ClientSession client, PodAccessRules.Answer.Granted granted, String engagementId) {
        AgentSession agent = granted.agents().stream()
                .filter(parked::watched)
                .findFirst()
                .or(() -> granted.agents().stream().findFirst())
                .orElse(null);
        if (agent == null) {
            flow.reset(ResetReason.UNREACHABLE, "no pod has a traffic-agent at this moment");
            return;
        }
        TrackedFlow tracked = new TrackedFlow(flow, client);
        var waiting = parked.park(agent, new Wish(granted.reach(), granted.container()), tracked);
        if (waiting.isEmpty()) {
            tracked.reset(ResetReason.UNREACHABLE, agent + " fetches nothing");
            return;
        }
        open.add(engagementId, tracked);
        fetches.begin(parked, waiting.get(), agent, ResetReason.UNREACHABLE);
    }

    /** Nobody reaches into its pods any more. */
    void engagementEnded(String engagementId) {
        open.end(engagementId, Duration.ZERO);
    }

    /** The agent has come for a flow. */
    void fetch(Flow flow, AgentSession agent, String dialId) {
        PickupTimeout.join(flow, agent, parked.take(agent, dialId));
    }

    Runnable watch(AgentSession agent, Consumer<Switchboard.ReachAsked> requests, Runnable replaced) {
        return parked.watch(
                agent,
                p -> requests.accept(new Switchboard.ReachAsked(
                        p.id(), p.flow().key(), p.request().reach(), p.request().container())),
                replaced);
    }
}

package io.telepresence.manager.grpc;

import io.grpc.stub.StreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.report.TrafficStats;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.tunnel.Switchboard;
import io.telepresence.rpc.agent.AgentArrival;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.agent.ReachRequest;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.manager.SessionRef;

/** Agents come, stay, and hear of engagements. */
public final class AgentService {
    private final SessionRegistry sessions;
    private final AgentArrivals arrivals;
    private final Workloads workloads;
    private final EngagementRegistry engagements;
    private final Switchboard switchboard;
    private final TrafficStats stats;

    public AgentService(
            SessionRegistry sessions,
            AgentArrivals arrivals,
            Workloads workloads,
            EngagementRegistry engagements,
            Switchboard switchboard,
            TrafficStats stats) {
        this.sessions = sessions;
        this.arrivals = arrivals;
        this.workloads = workloads;
        this.engagements = engagements;
        this.switchboard = switchboard;
        this.stats = stats;
    }

    /** Blocks: the API server reviews the token. */
    io.telepresence.rpc.agent.AgentSession arrive(AgentArrival arrival, String token)
            throws FaultException, InterruptedException {
        return arrivals.arrive(arrival, token);
    }

    /** The heartbeat, and what the agent has done since the last one. Quick. */
    boolean remain(AgentBeat beat) {
        boolean known = sessions.remain(beat.getSessionId());
        sessions.agent(beat.getSessionId())
                .ifPresent(agent -> agent.sealed(TrafficTranslator.sealed(beat.getSealedList())));
        boolean news = beat.getCountsCount() > 0 || beat.getRecentCount() > 0;
        if (known && news) {
            sessions.agent(beat.getSessionId())
                    .ifPresent(agent -> stats.report(
                            agent,
                            TrafficTranslator.counts(beat),
                            TrafficTranslator.verdicts(beat, agent.agent().pod())));
        }
        return known;
    }

    /** What the deletion of the agent's pod grants it, in seconds; zero: it is not being deleted. Quick. */
    int grace(String session) {
        return sessions.agent(session)
                .flatMap(agent -> workloads
                        .pod(agent.agent().workload().namespace(), agent.agent().pod())
                        .filter(pod ->
                                pod.getMetadata().getUid().equals(agent.agent().podUid())))
                .map(pod -> pod.getMetadata().getDeletionGracePeriodSeconds())
                .map(seconds -> Math.clamp(seconds, 0, Integer.MAX_VALUE))
                .orElse(0);
    }

    void watchEngagements(SessionRef ref, StreamObserver<EngagementSnapshot> out) throws FaultException {
        AgentSession agent = GrpcAnswers.agent(sessions, ref.getSessionId());
        WatchStream<EngagementSnapshot> stream = WatchStream.latest(out, agent);
        EngagementService.OwnSnapshots own = new EngagementService.OwnSnapshots(stream);
        stream.closeAtEnd(engagements.all().watch(all -> own.next(EngagementRegistry.forAgent(all, agent.agent()))));
        sessions.watching(agent, true);
        stream.closeAtEnd(() -> sessions.watching(agent, false));
    }

    void watchReaches(SessionRef ref, StreamObserver<ReachRequest> out) throws FaultException {
        AgentSession agent = GrpcAnswers.agent(sessions, ref.getSessionId());
        WatchStream<ReachRequest> stream = WatchStream.open(out, agent);
        Runnable end = switchboard.watchReaches(
                agent,
                asked -> stream.send(ClusterTranslator.toWire(asked)),
                () -> stream.fail(
                        Fault.unreachable("a newer watch has taken over", "").exception()));
        stream.closeAtEnd(end::run);
    }
}

package io.telepresence.manager.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.rpc.agent.AgentArrival;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The agent of a pod that is being deleted goes on serving, and the manager with it. */
@Timeout(20)
class DrainingAgentsTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");

    private final FakeCluster cluster = new FakeCluster();
    private final SessionRegistry sessions = new SessionRegistry(() -> Instant.EPOCH);
    private final AgentService calls = new AgentService(sessions, null, cluster.workloads(), null, null, null);
    private final AgentArrivals arrivals = new AgentArrivals(sessions, null, cluster.workloads(), null, null);

    private void pod(String more) {
        cluster.addEcho();
        cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: echo-abc-1, uid: uid-echo-abc-1, labels: {app: echo}, %s
                   ownerReferences:
                   [{apiVersion: apps/v1, kind: ReplicaSet, name: echo-abc, uid: r-echo, controller: true}]},
                 spec: {containers: [{name: app}]}, status: {phase: Running}}
                """
                        .formatted(more));
    }

    private String credential(String uid) {
        return sessions.arrive(
                        new AgentSession.Agent("echo-abc-1", uid, "10.244.0.5", ECHO, "v1", Set.of(), Set.of()), "")
                .credential();
    }

    @Test
    void anAgentHearsWhatTheDeletionOfItsPodGrants() {
        pod("");
        assertEquals(0, calls.grace(credential("uid-echo-abc-1")));
        pod("deletionTimestamp: '2026-01-01T00:05:00Z', deletionGracePeriodSeconds: 300,");
        assertEquals(300, calls.grace(credential("uid-echo-abc-1")));
        assertEquals(0, calls.grace(credential("uid-of-another")), "a pod that had the name before");
        assertEquals(0, calls.grace("unknown"));
        pod("deletionTimestamp: '2026-01-01T00:05:00Z', deletionGracePeriodSeconds: 99999999999,");
        assertEquals(Integer.MAX_VALUE, calls.grace(credential("uid-echo-abc-1")));
    }

    /** It had to arrive again, for example because the manager was restarted. */
    @Test
    void anAgentWhosePodGoesMayArriveAgain() throws Exception {
        pod("deletionTimestamp: '2026-01-01T00:05:00Z', deletionGracePeriodSeconds: 300,");
        AgentArrival arrival = AgentArrival.newBuilder()
                .setNamespace("default")
                .setPodName("echo-abc-1")
                .setPodUid("uid-echo-abc-1")
                .build();
        assertEquals(
                "echo-abc-1", arrivals.checkOwner(arrival, ECHO).getMetadata().getName());
        FaultException gone = assertThrows(
                FaultException.class,
                () -> arrivals.checkOwner(
                        arrival.toBuilder().setPodUid("uid-before").build(), ECHO));
        assertTrue(
                gone.fault().text().contains("does not see pod"), gone.fault().text());
    }
}

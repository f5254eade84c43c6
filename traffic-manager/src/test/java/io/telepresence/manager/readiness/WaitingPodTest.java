package io.telepresence.manager.readiness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.run.MonotonicTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A pod that waits for the end of an earlier one has no trouble, and costs nobody his time. */
class WaitingPodTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");

    private final FakeCluster cluster = new FakeCluster();

    WaitingPodTest() {
        cluster.addEcho();
    }

    private void pod(String annotations) {
        cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: echo-abc-1, uid: u, annotations: {%s}, ownerReferences:
                   [{apiVersion: apps/v1, kind: ReplicaSet, name: echo-abc, uid: r-echo, controller: true}]},
                 spec: {containers: [{name: app}]}, status: {phase: Pending, conditions:
                   [{type: PodScheduled, status: 'False', reason: SchedulingGated, message: has gates}]}}
                """
                        .formatted(annotations));
    }

    private Pod pod() {
        return cluster.pods.get("default", "echo-abc-1").orElseThrow();
    }

    @Test
    void itSaysWhatItWaitsForAndIsNotBroken() {
        pod("telepresence.io/waiting: '1000'");
        assertEquals(Optional.empty(), PodProblems.unscheduled(pod()));
        List<PodProblems.Trouble> troubles = PodProblems.of(List.of(pod()));
        assertEquals(1, troubles.size());
        assertFalse(troubles.getFirst().fatal());
        assertTrue(troubles.getFirst().text().contains("waits until the earlier pod has ended"), troubles::toString);
        pod("");
        assertTrue(PodProblems.unscheduled(pod()).isPresent());
    }

    @Test
    void theTimeForAnAgentBeginsWhenItMayBegin() {
        pod("telepresence.io/waiting: '1000'");
        PodProgress progress = new PodProgress(
                ECHO, cluster.workloads(), new SessionRegistry(MonotonicTime.start()), Duration.ofNanos(1));
        assertFalse(progress.over());
        assertFalse(progress.over());
        pod("");
        assertTrue(progress.over());
    }
}

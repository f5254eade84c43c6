package io.telepresence.manager.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WorkloadsTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");

    private final FakeCluster cluster = new FakeCluster();

    @Test
    void aReplicaSetOfADeploymentIsHidden() {
        cluster.addEcho();
        assertEquals(List.of(ECHO), names(cluster.workloads()));
    }

    @Test
    void aReplicaSetShowsWhereItsOwnersKindIsNotEnabled() {
        cluster.addEcho();
        cluster.add(
                """
                {apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: rolled, ownerReferences:
                   [{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: rolled, uid: x, controller: true}]},
                 spec: {template: {metadata: {labels: {app: r}}, spec: {containers: [{name: app}]}}}}
                """);
        assertEquals(List.of(ECHO, new WorkloadRef("ReplicaSet", "default", "rolled")), names(cluster.workloads()));
        assertEquals(
                List.of("echo-abc", "rolled"),
                cluster.workloads("ReplicaSet").in("default").stream()
                        .map(w -> w.ref().name())
                        .toList());
    }

    @Test
    void podsBelongToTheTopmostOwner() {
        cluster.addEcho();
        assertEquals(1, cluster.workloads().pods(ECHO).size());
        assertEquals(
                Set.of("d-echo", "r-echo", "uid-echo-abc-1"),
                cluster.workloads().uidsOf(ECHO));
    }

    @Test
    void aPodIsKnownBeforeItsReplicaSetIs() {
        cluster.addEcho();
        Pod fresh = FakeCluster.parse(
                """
                {apiVersion: v1, kind: Pod, metadata: {namespace: default, labels: {pod-template-hash: new},
                   ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: echo-new, uid: n, controller: true}]}}
                """);
        assertEquals(Optional.of(ECHO), cluster.workloads().ownerOf(fresh));
    }

    @Test
    void podsThatAreOverDoNotCount() {
        cluster.addEcho();
        Pod pod = cluster.pods.all().getFirst();
        pod.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        assertTrue(cluster.workloads().pods(ECHO).isEmpty());
    }

    @Test
    void onlyManagedNamespacesAreManaged() {
        Workloads some = new Workloads(cluster.stores, Set.of("Deployment"), List.of("a"));
        assertTrue(some.managed("a"));
        assertFalse(some.managed("default"));
        assertFalse(cluster.workloads().managed("not-there"));
    }

    private static List<WorkloadRef> names(Workloads workloads) {
        return workloads.in("default").stream().map(Workload::ref).toList();
    }
}

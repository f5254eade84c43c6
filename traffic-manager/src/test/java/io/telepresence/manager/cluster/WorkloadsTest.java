package io.telepresence.manager.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.telepresence.manager.watch.ApiGroups;
import io.telepresence.manager.watch.BatchStores;
import io.telepresence.manager.watch.FakeApiServer;
import io.telepresence.manager.watch.MemoryStore;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WorkloadsTest {
    @Test
    void whatOwnsItselfBelongsToNothing() {
        FakeCluster cluster = new FakeCluster();
        cluster.add(
                """
                {apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: loop, uid: r, ownerReferences:
                   [{apiVersion: apps/v1, kind: ReplicaSet, name: loop, uid: r, controller: true}]}, spec: {replicas: 0}}
                """);
        assertEquals(List.of(), cluster.workloads().in("default"));
    }

    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");

    private final FakeCluster cluster = new FakeCluster();

    @Test
    void aPodBelongsToTheCronJobAboveItsJob() {
        cluster.addNightly("enabled");
        WorkloadRef nightly = new WorkloadRef("CronJob", "default", "nightly");
        Workloads all = cluster.workloads("Deployment", "Job", "CronJob");
        assertEquals(List.of(nightly), names(all));
        Pod pod = cluster.pods.all().getFirst();
        assertEquals(Optional.of(nightly), all.ownerOf(pod));
        assertEquals(List.of(pod), all.pods(nightly));
        assertTrue(all.uidsOf(nightly).containsAll(Set.of("c-nightly", "j-nightly", "uid-nightly-1-x")));
        KubernetesWorkload workload = all.get(nightly).orElseThrow();
        assertEquals(1, workload.replicas());
        assertEquals(
                "work", workload.template().getSpec().getContainers().getFirst().getName());
        assertEquals(Optional.empty(), cluster.workloads().ownerOf(pod), "Jobs are not enabled");
    }

    @Test
    void aCronJobOfAnOldApiServerIsTheSame() {
        MemoryStore<io.fabric8.kubernetes.api.model.batch.v1beta1.CronJob> old = new MemoryStore<>();
        old.put(
                FakeCluster.parse(
                        """
                {apiVersion: batch/v1beta1, kind: CronJob, metadata: {name: nightly, namespace: default},
                 spec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: {containers: [{name: work}]}}}}},
                 status: {active: [{name: one}, {name: two}]}}
                """));
        BatchStores batch = BatchStores.before121(cluster.jobs, old);
        CronJob job = batch.cronJobs().get("default", "nightly").orElseThrow();
        assertEquals(List.of(job), batch.cronJobs().in("default"));
        assertEquals(2, job.getStatus().getActive().size());
        assertEquals(
                "work",
                job.getSpec()
                        .getJobTemplate()
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getName());
    }

    @Test
    void whichVersionHasCronJobsIsAskedOfTheApiServer() throws Exception {
        try (FakeApiServer api = FakeApiServer.open()) {
            String list =
                    "{\"kind\": \"APIResourceList\", \"groupVersion\": \"batch/v1\", \"resources\": [{\"name\": \"jobs\"}%s]}";
            api.with("/apis/batch/v1", list.formatted(""));
            assertFalse(ApiGroups.serves(api.client(), "batch/v1", "cronjobs"), "Kubernetes 1.20");
            api.with("/apis/batch/v1", list.formatted(", {\"name\": \"cronjobs\"}"));
            assertTrue(ApiGroups.serves(api.client(), "batch/v1", "cronjobs"));
            assertFalse(ApiGroups.serves(api.client(), "batch/v1beta1", "cronjobs"));
        }
    }

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
        return workloads.in("default").stream().map(KubernetesWorkload::ref).toList();
    }
}

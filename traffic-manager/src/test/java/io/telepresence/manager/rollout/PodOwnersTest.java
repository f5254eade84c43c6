package io.telepresence.manager.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.watch.FakeApiServer;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From a pod that is being created to its workload, asked of the API server. */
class PodOwnersTest {
    private static final Pod POD = FakeCluster.parse(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: p, ownerReferences:
               [{apiVersion: batch/v1, kind: Job, name: nightly-1, uid: j1, controller: true}]}}
            """);
    private static final String JOB_OF_NOBODY =
            """
            {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "mine", "uid": "j9"}}
            """;

    private FakeApiServer api;

    @BeforeEach
    void open() throws IOException {
        api = FakeApiServer.open()
                .with(
                        "/apis/batch/v1/namespaces/a/jobs/nightly-1",
                        """
                        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "nightly-1", "uid": "j1", "ownerReferences": [
                          {"apiVersion": "batch/v1beta1", "kind": "CronJob", "name": "nightly", "uid": "c1",
                           "controller": true}]}}
                        """);
    }

    @AfterEach
    void close() {
        api.close();
    }

    private Optional<WorkloadRef> owner(Set<String> kinds) {
        return new PodOwners(api.client(), kinds).of(POD.getMetadata(), "a").map(PodOwner::workload);
    }

    @Test
    void aJobOfACronJobIsThatCronJob() {
        assertEquals(Optional.of(new WorkloadRef("CronJob", "a", "nightly")), owner(Workloads.ALL));
    }

    @Test
    void aJobByItselfIsItself() {
        assertEquals(Optional.of(new WorkloadRef("Job", "a", "nightly-1")), owner(Set.of("Job")));
    }

    @Test
    void aUidOfAnotherNamespaceSpoilsNothing() {
        PodOwners owners = new PodOwners(
                api.with("/apis/batch/v1/namespaces/b/jobs/mine", JOB_OF_NOBODY).client(), Workloads.ALL);
        Pod forged = FakeCluster.parse(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: q, ownerReferences:
                   [{apiVersion: batch/v1, kind: Job, name: mine, uid: j1, controller: true}]}}
                """);
        owners.of(forged.getMetadata(), "b");
        assertEquals(
                Optional.of(new PodOwner(new WorkloadRef("CronJob", "a", "nightly"), "c1")),
                owners.of(POD.getMetadata(), "a"));
    }

    @Test
    void jobsAreNotAskedAboutWhereTheyAreNotEnabled() {
        assertEquals(Optional.empty(), owner(Workloads.USUAL));
        assertEquals(List.of(), api.asked());
    }
}

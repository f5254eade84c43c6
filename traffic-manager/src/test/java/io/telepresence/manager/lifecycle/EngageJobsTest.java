package io.telepresence.manager.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Container;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.ContainerSelector;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.WorkloadSelector;
import io.telepresence.manager.report.WorkloadList;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.run.Watched;
import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What of a Job or a native sidecar can be engaged, listed and replaced. */
class EngageJobsTest {
    private final FakeCluster cluster = new FakeCluster();
    private final Workloads workloads = cluster.workloads("Deployment", "Job", "CronJob");
    private final SessionRegistry sessions = new SessionRegistry(new FakeTime());
    private final EngagementRegistry engagements = new EngagementRegistry(sessions, Duration.ofMinutes(10));

    private static final class Refusing implements AgentInstaller {
        @Override
        public void ensure(WorkloadRef workload, DesiredConfig wish, Consumer<String> progress) {}

        @Override
        public boolean settled(WorkloadRef workload, DesiredConfig wish) {
            return true;
        }

        @Override
        public Optional<String> obstacle(KubernetesWorkload workload) {
            return workload.ref().batch() ? Optional.of("it is a Job") : Optional.empty();
        }

        @Override
        public Watched<String> trouble() {
            return new Watched<>("");
        }
    }

    private List<WorkloadList.WorkloadInfo> listed() throws FaultException {
        return CreateEngagementBench.board(workloads, sessions, engagements, new Refusing())
                .lines(List.of("default"));
    }

    private void addJob(String name, int active) {
        cluster.add(
                """
                {apiVersion: batch/v1, kind: Job, metadata: {name: %s},
                 spec: {template: {spec: {containers: [{name: work}]}}}, status: {active: %d}}
                """
                        .formatted(name, active));
    }

    @Test
    void theListTellsWhyAndLeavesOutWhatIsOver() throws FaultException {
        cluster.addEcho();
        cluster.addNightly("enabled");
        addJob("running", 1);
        addJob("over", 0);
        assertEquals(
                List.of("echo", "nightly", "running"),
                listed().stream().map(l -> l.workload().ref().name()).toList());
        assertEquals(
                List.of("", "it is a Job", "it is a Job"),
                listed().stream().map(WorkloadList.WorkloadInfo::obstacle).toList());
    }

    private static EngagementSpec spec(EngagementKind kind, String container) {
        return new EngagementSpec(
                kind, "mine", "default", "any", "", "", container, "127.0.0.1", List.of(), EngagementOptions.NONE);
    }

    private KubernetesWorkload workload(String kind, String name) {
        return workloads.get(new WorkloadRef(kind, "default", name)).orElseThrow();
    }

    @Test
    void noContainerOfAJobCanBeReplaced() throws FaultException {
        cluster.addNightly("enabled");
        KubernetesWorkload nightly = workload("CronJob", "nightly");
        assertEquals(
                "work",
                ContainerSelector.choose(nightly, spec(EngagementKind.INGEST, ""), List.of())
                        .getName());
        FaultException refused = assertThrows(
                FaultException.class,
                () -> ContainerSelector.choose(nightly, spec(EngagementKind.REPLACE, ""), List.of()));
        assertTrue(refused.fault().text().contains("pods of a Job are never recreated"), refused.fault()::text);
    }

    @Test
    void aNativeSidecarCanBeEngagedByNameButNotReplaced() throws FaultException {
        cluster.add(
                """
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: two}, spec: {template: {spec: {
                   initContainers: [{name: migrate}, {name: front, restartPolicy: Always}],
                   containers: [{name: app}]}}}}
                """);
        KubernetesWorkload two = workload("Deployment", "two");
        Container usual = ContainerSelector.choose(two, spec(EngagementKind.REPLACE, ""), List.of());
        assertEquals("app", usual.getName(), "the only ordinary one is meant");
        assertEquals(
                "front",
                ContainerSelector.choose(two, spec(EngagementKind.INGEST, "front"), List.of())
                        .getName());
        FaultException refused = assertThrows(
                FaultException.class,
                () -> ContainerSelector.choose(two, spec(EngagementKind.REPLACE, "front"), List.of()));
        assertTrue(refused.fault().text().contains("native sidecar"), refused.fault()::text);
        assertThrows(
                FaultException.class,
                () -> ContainerSelector.choose(two, spec(EngagementKind.INGEST, "migrate"), List.of()),
                "it does not run as long as the pod");
    }

    @Test
    void aJobIsNamedByItsCronJob() {
        cluster.addNightly("enabled");
        FaultException refused = assertThrows(
                FaultException.class, () -> new WorkloadSelector(workloads).choose("default", "nightly-1", ""));
        assertEquals(
                "nightly-1.default belongs to CronJob nightly.default",
                refused.fault().text());
    }

    @Test
    void whereJobsAreNotEnabledTheValueIsNamed() {
        cluster.addNightly("enabled");
        FaultException refused = assertThrows(FaultException.class, () -> new WorkloadSelector(cluster.workloads())
                .choose("default", "nightly-1", ""));
        assertTrue(refused.fault().text().contains("not enabled"), refused.fault()::text);
        assertTrue(refused.fault().remedy().contains("workloads.jobs.enabled"), refused.fault()::remedy);
    }
}

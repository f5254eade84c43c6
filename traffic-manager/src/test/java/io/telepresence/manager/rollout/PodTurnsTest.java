package io.telepresence.manager.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.WorkloadRef;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who waits for whom, by what the pods say and by what was announced. */
class PodTurnsTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private static final WorkloadRef OTHER = new WorkloadRef("Deployment", "default", "other");

    private final FakeCluster cluster = new FakeCluster();
    private final List<String> done = new ArrayList<>();
    private long now = 1000;
    private boolean away;
    private final PodTurns turns = turns();

    PodTurnsTest() {
        cluster.addEcho();
    }

    private PodTurns turns() {
        PodTurns.Waiters waiters = new PodTurns.Waiters() {
            @Override
            public void release(Pod pod) {
                if (away) {
                    throw new IllegalStateException("the API server is away");
                }
                done.add("release " + pod.getMetadata().getName());
            }

            @Override
            public void beat(Pod pod, long seconds) {
                done.add("beat " + pod.getMetadata().getName() + " " + seconds);
            }
        };
        return new PodTurns(cluster.workloads(), waiters, () -> Instant.ofEpochSecond(now));
    }

    /** Of the Deployment echo. */
    private void pod(String name, String metadata, String spec, String phase) {
        cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: %s, uid: uid-%s, ownerReferences:
                   [{apiVersion: apps/v1, kind: ReplicaSet, name: echo-abc, uid: r-echo, controller: true}], %s},
                 spec: {containers: [{name: app}], %s}, status: {phase: %s}}
                """
                        .formatted(name, name, metadata, spec, phase));
    }

    private Pod old() {
        return cluster.pods.get("default", "echo-abc-1").orElseThrow();
    }

    private void oldEnds(String more) {
        pod(
                "echo-abc-1",
                "deletionTimestamp: '2026-11-29T12:00:00Z', annotations: {telepresence.io/ending: '1000'" + more + "}",
                "",
                "Running");
    }

    private void waits(String spec) {
        pod("echo-abc-2", "annotations: {telepresence.io/waiting: '1000'}", spec, "Pending");
    }

    @Test
    void whoIsAnnouncedIsWaitedForBeforeAnyWatchKnows() {
        assertEquals(PodTurns.Before.NOTHING, turns.before(ECHO));
        turns.announce(old(), ECHO);
        turns.tick();
        assertEquals(PodTurns.Before.AN_END, turns.before(ECHO));
        assertEquals(PodTurns.Before.NOTHING, turns.before(OTHER));
    }

    @Test
    void anAnnouncedPodThatIsNotEvictedIsForgotten() {
        turns.announce(old(), ECHO);
        pod("echo-abc-1", "annotations: {telepresence.io/ending: '1000'}", "", "Running");
        assertEquals(PodTurns.Before.AN_END, turns.before(ECHO));
        now += 15;
        turns.tick();
        assertEquals(PodTurns.Before.NOTHING, turns.before(ECHO));
    }

    @Test
    void aNewPodWaitsUntilTheOldOneIsGone() {
        turns.announce(old(), ECHO);
        oldEnds("");
        waits("schedulingGates: [{name: telepresence.io/earlier-pod-ends}]");
        now += 100;
        turns.tick();
        assertEquals(List.of(), done);
        assertEquals(PodTurns.Before.AN_END, turns.before(ECHO));
        cluster.pods.remove(old());
        turns.tick();
        assertEquals(List.of("release echo-abc-2"), done);
        assertEquals(PodTurns.Before.NOTHING, turns.before(ECHO));
    }

    @Test
    void aRestartedManagerGoesOn() {
        oldEnds("");
        waits("schedulingGates: [{name: telepresence.io/earlier-pod-ends}]");
        now += 40;
        turns.tick();
        assertEquals(List.of(), done);
        assertEquals(PodTurns.Before.AN_END, turns.before(ECHO));
        cluster.pods.remove(old());
        turns().tick();
        assertEquals(List.of("release echo-abc-2"), done);
    }

    @Test
    void aPodWhoseContainersHaveEndedIsNotWaitedFor() {
        waits("");
        pod("echo-abc-1", "annotations: {telepresence.io/ending: '1000'}", "", "Failed");
        turns.tick();
        assertEquals(List.of("release echo-abc-2"), done);
    }

    /** Deleted at 11:59:30, with 30 s. */
    private void oldIsDeleted(String app, String agent) {
        pod(
                "echo-abc-1",
                "deletionTimestamp: '2026-11-29T12:00:00Z', deletionGracePeriodSeconds: 30,"
                        + " annotations: {telepresence.io/ending: '1000'}",
                "",
                "Running, containerStatuses: [{name: app, state: {" + app
                        + "}}], initContainerStatuses: [{name: traffic-agent, state: {" + agent + "}}]");
    }

    private static String ended(String time) {
        return "terminated: {exitCode: 0, finishedAt: '2026-11-29T" + time + "Z'}";
    }

    @Test
    void aPodThatIsStillThereWhenItsContainersHaveEndedIsNotWaitedFor() {
        waits("");
        oldIsDeleted(ended("11:59:38"), ended("11:59:38"));
        turns.tick();
        assertEquals(List.of("release echo-abc-2"), done);
    }

    @Test
    void aPodIsWaitedForWhileOneOfItsContainersMayRun() {
        waits("schedulingGates: [{name: telepresence.io/earlier-pod-ends}]");
        for (String app : List.of("running: {}", "waiting: {}", ended("11:59:29"))) {
            oldIsDeleted(app, ended("11:59:38"));
            turns.tick();
            assertEquals(List.of(), done, app);
        }
        oldIsDeleted(ended("11:59:38"), "running: {}");
        turns.tick();
        assertEquals(List.of(), done);
    }

    @Test
    void aPodThatSomebodyElseTakesAwayIsNotWaitedFor() {
        pod("echo-abc-1", "deletionTimestamp: '2026-11-29T12:00:00Z'", "", "Running");
        assertEquals(PodTurns.Before.NOTHING, turns.before(ECHO));
    }

    @Test
    void whatFailsIsTriedAgainAfterARest() {
        waits("");
        away = true;
        turns.tick();
        away = false;
        turns.tick();
        assertEquals(List.of(), done);
        now += 2;
        turns.tick();
        assertEquals(List.of("release echo-abc-2"), done);
    }

    @Test
    void aWaitingContainerHearsThatSomebodyLooksAfterIt() {
        oldEnds("");
        waits("");
        now += 7;
        turns.tick();
        assertEquals(List.of(), done);
        now += 1;
        turns.tick();
        assertEquals(List.of("beat echo-abc-2 1008"), done);
    }

    @Test
    void whatTheUninstallationTakesAwayComesBackWithoutAgent() {
        oldEnds(", telepresence.io/agent-dismissed: 'true'");
        assertEquals(PodTurns.Before.AN_END_OF_AGENTS, turns.before(ECHO));
    }
}

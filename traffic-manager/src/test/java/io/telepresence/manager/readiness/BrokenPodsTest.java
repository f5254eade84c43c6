package io.telepresence.manager.readiness;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engagement.EngagementIds;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A workload whose pods do not run for a reason of their own is told that reason. */
class BrokenPodsTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private static final String HEAD =
            "Deployment echo.default has no pod that runs, with or without a traffic-agent: ";

    private final FakeCluster cluster = new FakeCluster();
    private final ClientSession ann = new SessionRegistry(InstantSource.system())
            .arrive(new ClientSession.Client("ann", "laptop", "default", ""), "")
            .session();
    private final BrokenPods broken = new BrokenPods(cluster.workloads());
    private final List<PodProblems.Event> events = new ArrayList<>();

    @BeforeEach
    void deploy() {
        cluster.addEcho();
        cluster.pods.remove(cluster.pods.get("default", "echo-abc-1").orElseThrow());
    }

    private void check(EngagementKind kind) throws FaultException {
        EngagementSpec spec = new EngagementSpec(
                kind, "echo", "default", "echo", "", "", "", "127.0.0.1", List.of(), EngagementOptions.NONE);
        broken.check(
                new RegisteredEngagement(
                        EngagementIds.next("echo"),
                        spec,
                        ann,
                        "ann",
                        EngagementState.WAITING,
                        "",
                        ECHO,
                        "app",
                        List.of(),
                        ""),
                false,
                () -> events);
    }

    private String refused() {
        return assertThrows(FaultException.class, () -> check(EngagementKind.INTERCEPT))
                .fault()
                .text();
    }

    private void pod(String container, String status) {
        cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: echo-abc-1, uid: uid-echo-abc-1, labels: {app: echo},
                   ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: echo-abc, uid: r-echo, controller: true}]},
                 spec: {containers: [{name: app}, {name: %s}]}, status: {phase: Pending, %s}}
                """
                        .formatted(container, status));
    }

    @Test
    void aReplicaSetThatCannotMakePodsSaysWhy() {
        assertDoesNotThrow(() -> check(EngagementKind.INTERCEPT), "it may come yet");
        cluster.add(
                """
                {apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: echo-abc, uid: r-echo, ownerReferences:
                   [{apiVersion: apps/v1, kind: Deployment, name: echo, uid: d-echo, controller: true}]}, spec: {},
                 status: {conditions: [{type: ReplicaFailure, status: "True", reason: FailedCreate,
                   message: serviceaccount "not-there" not found}]}}
                """);
        assertEquals(HEAD + "ReplicaSet echo-abc: FailedCreate: serviceaccount \"not-there\" not found", refused());
        pod("other", "conditions: []");
        assertDoesNotThrow(() -> check(EngagementKind.INTERCEPT), "it has made one meanwhile");
    }

    @Test
    void whatOnlyEventsTellIsToldToo() {
        events.add(new PodProblems.Event("stranger", "ReplicaSet other", "FailedCreate", "not ours"));
        events.add(new PodProblems.Event("r-echo", "ReplicaSet echo-abc", "FailedCreate", "exceeded quota"));
        assertEquals(HEAD + "ReplicaSet echo-abc: FailedCreate: exceeded quota", refused());
        pod("other", "conditions: []");
        assertDoesNotThrow(() -> check(EngagementKind.INTERCEPT), "that is over");
        events.add(new PodProblems.Event(
                "uid-echo-abc-1", "Pod echo-abc-1", "FailedMount", "secret \"not-there\" not found"));
        assertEquals(HEAD + "Pod echo-abc-1: FailedMount: secret \"not-there\" not found", refused());
    }

    @ParameterizedTest
    @CsvSource({"ImagePullBackOff", "CrashLoopBackOff", "CreateContainerConfigError"})
    void aContainerThatDoesNotStartIsNamedUnlessItIsToBeReplaced(String reason) {
        pod("other", "containerStatuses: [{name: app, state: {waiting: {reason: %s, message: so}}}]".formatted(reason));
        assertEquals(HEAD + "container app of pod echo-abc-1.default: " + reason + ": so", refused());
        assertDoesNotThrow(() -> check(EngagementKind.REPLACE));
    }

    @Test
    void aPodThatCrashesIsNamedAlsoBetweenTwoCrashes() {
        pod(
                "other",
                "containerStatuses: [{name: app, ready: false, restartCount: 2, state: {running: {}}, lastState:"
                        + " {terminated: {exitCode: 3}}}]");
        assertEquals(
                HEAD + "container app of pod echo-abc-1.default: it does not stay up (it ended with exit code 3)",
                refused());
    }

    @Test
    void aMissingVolumeClaimIsTheSchedulersReason() {
        String status = "conditions: [{type: PodScheduled, status: \"False\", message: claim not found}]";
        pod("other", status);
        assertEquals(HEAD + "pod echo-abc-1.default is not scheduled: claim not found", refused());
        pod("traffic-agent", status);
        assertDoesNotThrow(() -> check(EngagementKind.INTERCEPT), "it may be the agent that has no room");
    }

    @Test
    void asLongAsOnePodRunsNothingIsSaid() {
        pod("other", "containerStatuses: [{name: app, state: {waiting: {reason: CrashLoopBackOff}}}]");
        cluster.addEchoPod("echo-abc-2", "True");
        assertDoesNotThrow(() -> check(EngagementKind.INTERCEPT));
    }
}

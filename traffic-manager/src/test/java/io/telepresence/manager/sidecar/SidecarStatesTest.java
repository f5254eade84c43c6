package io.telepresence.manager.sidecar;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.WorkloadRef;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which workloads' later pods get agents. */
class SidecarStatesTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");

    private final FakeCluster cluster = new FakeCluster();
    private final SidecarStates wanted = new SidecarStates(cluster.workloads());

    @BeforeEach
    void deploy() {
        cluster.addEcho();
    }

    private void recreate() {
        cluster.add(
                """
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: echo, uid: d-later},
                 spec: {replicas: 1, template: {metadata: {labels: {app: echo}}, spec: {containers: [{name: app}]}}}}
                """);
    }

    @Test
    void anAgentThatIsThereWhenTheManagerStartsIsKnownAgain() {
        wanted.found(ECHO, false);
        assertTrue(wanted.wanted(ECHO));
    }

    @Test
    void anAgentThatArrivesAfterTheFailureDoesNotMakeItWanted() {
        wanted.provisionally(ECHO);
        assertTrue(wanted.withdraw(ECHO));
        wanted.found(ECHO, false);
        assertFalse(wanted.wanted(ECHO));
        assertFalse(wanted.withdraw(ECHO), "that was done");
    }

    @Test
    void anAgentThatArrivesAfterUninstallDoesNotMakeItWanted() {
        wanted.confirm(ECHO);
        wanted.dismiss(ECHO);
        wanted.found(ECHO, false);
        assertFalse(wanted.wanted(ECHO));
        wanted.provisionally(ECHO);
        assertTrue(wanted.wanted(ECHO), "it is engaged again");
    }

    @Test
    void theNextManagerDoesNotKeepWhatThisOneWasTakingOut() {
        wanted.found(ECHO, true);
        wanted.found(ECHO, false);
        assertFalse(wanted.wanted(ECHO));
    }

    @Test
    void anAgentThatArrivesConfirmsNothing() {
        wanted.provisionally(ECHO);
        wanted.found(ECHO, false);
        assertTrue(wanted.withdraw(ECHO));
    }

    @Test
    void aWorkloadThatIsMadeAgainUnderItsNameBeginsAnew() {
        wanted.confirm(ECHO);
        recreate();
        assertFalse(wanted.wanted(ECHO));
        assertFalse(wanted.wanted(ECHO, "d-later"));
        wanted.found(ECHO, false);
        assertTrue(wanted.wanted(ECHO));
    }

    @Test
    void itsFirstPodMayComeBeforeTheWatchShowsIt() {
        wanted.confirm(ECHO);
        assertTrue(wanted.wanted(ECHO, "d-echo"));
        assertFalse(wanted.wanted(ECHO, "d-later"), "a pod of the next one, while the watch still shows this one");
    }
}

package io.telepresence.manager.inject;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class AgentRolloutTest {
    private static final WorkloadRef WEB = new WorkloadRef("Deployment", "default", "web");
    private static final AgentRollout.Limits QUICK =
            new AgentRollout.Limits(Duration.ofMillis(200), Duration.ofMillis(50), Duration.ofMillis(1));

    private static void roll(FakeWorkload cluster) throws Exception {
        AtomicInteger started = new AtomicInteger();
        new AgentRollout(cluster, QUICK)
                .roll(
                        new AgentRollout.Task(
                                WEB, Pods::hasAgent, Pods::hasAgent, Fault.internal("past the injector"), text -> {}),
                        started::incrementAndGet);
        assertTrue(started.get() > 0);
    }

    @Test
    void aDeploymentNeverHasFewerPodsServing() throws Exception {
        FakeWorkload cluster = new FakeWorkload(5, true);
        roll(cluster);
        assertEquals(5, cluster.agents());
        assertEquals(0, cluster.orphans.size());
        assertEquals(5, cluster.fewestServing);
    }

    @Test
    void podsThatDoNotBecomeReadyLeaveTheOldOnesInPlace() {
        FakeWorkload cluster = new FakeWorkload(3, true);
        cluster.newOnesBecomeReady = false;
        assertThrows(FaultException.class, () -> roll(cluster));
        assertEquals(3, cluster.owned.size());
        assertEquals(0, cluster.agents());
        assertEquals(0, cluster.orphans.size());
        assertEquals(3, cluster.fewestServing);
    }

    @Test
    void podsWithoutAgentEndTheRollAtOnce() {
        FakeWorkload cluster = new FakeWorkload(1, true);
        cluster.newOnesHaveAgents = false;
        FaultException e = assertThrows(FaultException.class, () -> roll(cluster));
        assertEquals("past the injector", e.fault().text());
        assertEquals(0, cluster.orphans.size());
        assertTrue(cluster.owned.containsKey("pod-0"));
    }

    @Test
    void aStatefulSetGoesOneByOne() throws Exception {
        FakeWorkload cluster = new FakeWorkload(3, false);
        roll(cluster);
        assertEquals(3, cluster.agents());
        assertEquals(0, cluster.deletedPastBudget);
    }

    @Test
    void aDisruptionBudgetHoldsUpButDoesNotForbid() throws Exception {
        FakeWorkload cluster = new FakeWorkload(2, false);
        cluster.budgetForbids = true;
        roll(cluster);
        assertEquals(2, cluster.agents());
        assertEquals(2, cluster.deletedPastBudget);
    }
}

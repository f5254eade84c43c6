package io.telepresence.manager.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class PodRolloutTest {
    private static final WorkloadRef WEB = new WorkloadRef("Deployment", "default", "web");

    /** Long enough for a busy machine where something is to come, short where nothing does. */
    static final PodRollout.Limits QUICK = new PodRollout.Limits(
            Duration.ofMillis(300), Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofMillis(1));

    private final List<String> told = new ArrayList<>();

    private void roll(FakeWorkload cluster) throws Exception {
        AtomicInteger started = new AtomicInteger();
        new PodRollout(cluster, QUICK)
                .roll(
                        new PodRollout.Task(
                                WEB, Pods::hasAgent, Pods::hasAgent, Fault.internal("past the injector"), told::add),
                        started::incrementAndGet);
        assertTrue(started.get() > 0);
    }

    private String refused(FakeWorkload cluster) {
        return assertThrows(FaultException.class, () -> roll(cluster)).fault().text();
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
    void noMorePodsAreThereThanTheStrategyAllows() throws Exception {
        FakeWorkload cluster = new FakeWorkload(5, new UpdateStrategy(1, 0, "maxSurge 1, maxUnavailable 0"));
        roll(cluster);
        assertEquals(5, cluster.agents());
        assertEquals(5, cluster.fewestServing);
        assertEquals("Replacing pod-0 of Deployment web.default", told.getFirst());
        FakeWorkload none = new FakeWorkload(3, new UpdateStrategy(0, 1, "maxSurge 0, maxUnavailable 1"));
        roll(none);
        assertEquals(3, none.agents());
        assertEquals(3, none.mostThere);
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
        assertEquals("past the injector", refused(cluster));
        assertEquals(0, cluster.orphans.size());
        assertTrue(cluster.owned.containsKey("pod-0"));
    }

    @Test
    void whereThereIsNoPlaceForOneMoreAndOneMayBeAwayPodsGoInPlaceAndThatIsSaid() throws Exception {
        FakeWorkload cluster = new FakeWorkload(3, new UpdateStrategy(1, 1, "maxSurge 1, maxUnavailable 1"));
        cluster.roomForNoMore = true;
        roll(cluster);
        assertEquals(3, cluster.agents());
        assertEquals(2, cluster.fewestServing);
        assertEquals(0, cluster.orphans.size());
        assertTrue(told.stream().anyMatch(t -> t.contains("no free ports") && t.contains("in place")), told::toString);
    }

    @Test
    void whereNoneMayBeAwayTheRollEndsWithWhatIsMissing() {
        FakeWorkload cluster = new FakeWorkload(3, new UpdateStrategy(1, 0, "maxSurge 25%, maxUnavailable 0"));
        cluster.roomForNoMore = true;
        String said = refused(cluster);
        assertTrue(said.contains("no free ports") && said.contains("maxUnavailable 0"), said);
        assertEquals(0, cluster.agents());
        assertEquals(3, cluster.fewestServing);
        assertEquals(Set.of("pod-0", "pod-1", "pod-2"), cluster.owned.keySet());
    }

    @Test
    void whatNoPlaceWouldCureEndsTheRollAtOnce() {
        FakeWorkload cluster = new FakeWorkload(3, new UpdateStrategy(1, 1, "maxSurge 1, maxUnavailable 1"));
        cluster.newOnesBecomeReady = false;
        cluster.hitch = new PodHitch("ReplicaSet web-1: FailedCreate: violates PodSecurity", false, true);
        String said = refused(cluster);
        assertTrue(said.contains("violates PodSecurity"), said);
        assertEquals(3, cluster.fewestServing);
    }

    @Test
    void aStatefulSetGoesOneByOne() throws Exception {
        FakeWorkload cluster = new FakeWorkload(3, false);
        roll(cluster);
        assertEquals(3, cluster.agents());
        assertEquals(2, cluster.fewestServing);
    }

    @Test
    void underRecreateItIsSaidOfEachPodThatItEndsBeforeItIsEvicted() throws Exception {
        FakeWorkload cluster = new FakeWorkload(3, new UpdateStrategy(0, 3, "Recreate"));
        roll(cluster);
        assertEquals(3, cluster.agents());
        assertEquals(3, cluster.mostThere);
        assertEquals(2, cluster.fewestServing);
        assertTrue(cluster.lonely);
        assertEquals(List.of("pod-0", "pod-1", "pod-2"), cluster.announced);
        FakeWorkload none = new FakeWorkload(1, new UpdateStrategy(0, 1, "maxSurge 0, maxUnavailable 1"));
        roll(none);
        assertEquals(List.of(), none.announced);
    }

    @Test
    void aDisruptionBudgetEndsTheRollWithItsName() {
        FakeWorkload cluster = new FakeWorkload(2, false);
        cluster.budget = "keep-all";
        String said = refused(cluster);
        assertTrue(said.contains("pod-0") && said.contains("disruption budget keep-all"), said);
        assertEquals(2, cluster.fewestServing);
        assertEquals(Set.of("pod-0", "pod-1"), cluster.owned.keySet());
    }

    @Test
    void aWorkloadThatIsScaledMeanwhileIsFollowed() throws Exception {
        FakeWorkload cluster = new FakeWorkload(6, true);
        cluster.newOnesBecomeReady = false;
        cluster.atOrphan = () -> {
            if (cluster.orphans.size() == 2) {
                cluster.newOnesBecomeReady = true;
                cluster.scale(2);
            }
        };
        roll(cluster);
        assertEquals(2, cluster.agents());
        assertEquals(2, cluster.owned.size());
        assertEquals(0, cluster.orphans.size());
    }

    @Test
    void aPodThatWasNotReadyBeforeNeedNotBecomeSo() throws Exception {
        FakeWorkload cluster = new FakeWorkload(3, false);
        cluster.becomesReady = name -> !name.equals("pod-3");
        cluster.unready("pod-1");
        roll(cluster);
        assertEquals(3, cluster.agents());
    }

    @Test
    void wherePodsAreMadeInOrderNoneGoesThatWouldNotComeBack() throws Exception {
        FakeWorkload cluster = new FakeWorkload(3, false);
        cluster.stateful = rules(true, new StatefulSetRules.Held(false, 0));
        cluster.unready("pod-0");
        String said = refused(cluster);
        assertTrue(said.contains("pod-2") && said.contains("pod-0 is not ready"), said);
        assertEquals(Set.of("pod-0", "pod-1", "pod-2"), cluster.owned.keySet());
        FakeWorkload last = new FakeWorkload(3, false);
        last.stateful = cluster.stateful;
        last.unready("pod-2");
        last.becomesReady = name -> !name.equals("pod-3");
        roll(last);
        assertEquals(3, last.agents());
    }

    @Test
    void aHeldBackRevisionIsNotReleased() throws Exception {
        FakeWorkload cluster = new FakeWorkload(2, false);
        cluster.stateful = rules(false, new StatefulSetRules.Held(true, 0));
        String said = refused(cluster);
        assertTrue(said.contains("at revision r2 instead of r1") && said.contains("OnDelete"), said);
        assertEquals(Set.of("pod-0", "pod-1"), cluster.owned.keySet());
        cluster.stateful = rules(false, new StatefulSetRules.Held(false, 2));
        assertFalse(cluster.stateful.released(cluster.pods(WEB).getFirst()).isPresent(), "it comes back as it was");
        roll(cluster);
        assertEquals(2, cluster.agents());
    }

    /** Its author has written revision r2, and r1 is held back. */
    private static StatefulSetRules rules(boolean ordered, StatefulSetRules.Held held) {
        return new StatefulSetRules(ordered, held, new StatefulSetRules.Revisions("r1", "r2"));
    }
}

package io.telepresence.manager.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The agents of a workload of strategy Recreate go while the webhook still answers. */
@Timeout(20)
class RecreateRemovalTest {
    private static final WorkloadRef WEB = new WorkloadRef("Deployment", "default", "web");

    private final List<String> released = new ArrayList<>();
    private final FakeWorkload cluster = new FakeWorkload(2, new UpdateStrategy(0, 2, "Recreate"));

    private RecreateRemoval removal() throws Exception {
        new PodRollout(cluster, PodRolloutTest.QUICK)
                .roll(new PodRollout.Task(WEB, Pods::hasAgent, Pods::hasAgent, null, _ -> {}), () -> {});
        assertEquals(2, cluster.agents());
        cluster.announced.clear();
        return new RecreateRemoval(cluster, PodRolloutTest.QUICK, new PodTurns.Waiters() {
            @Override
            public void release(Pod pod) {
                released.add(pod.getMetadata().getName());
            }

            @Override
            public void beat(Pod pod, long now) {
                throw new AssertionError("that is for the traffic-manager");
            }
        });
    }

    @Test
    void allGoTogetherMarkedAndWhatStillWaitsAtTheEndIsLetGo() throws Exception {
        RecreateRemoval removal = removal();
        assertTrue(removal.concerns(WEB));
        cluster.newOnesHaveAgents = false;
        cluster.webhook = pod -> new PodBuilder(pod)
                .editMetadata()
                .addToAnnotations(AgentNames.WAITING, "1000")
                .endMetadata()
                .build();
        removal.begin(WEB);
        assertTrue(cluster.lonely);
        assertEquals(List.of("pod-2", "pod-3"), cluster.announced);
        assertEquals(0, cluster.agents());
        removal.end(WEB, Duration.ofMillis(10));
        assertEquals(List.of("pod-4", "pod-5"), released);
    }

    @Test
    void aBudgetThatForbidsItEndsItInTime() throws Exception {
        RecreateRemoval removal = removal();
        cluster.budget = "keep-all";
        removal.begin(WEB);
        assertEquals(2, cluster.agents());
        assertTrue(cluster.pods(WEB).stream().allMatch(Pods::dismissed));
        removal.end(WEB, Duration.ofMillis(10));
        assertEquals(List.of(), released);
    }

    @Test
    void otherStrategiesAreNoneOfItsBusiness() {
        FakeWorkload rolling = new FakeWorkload(1, new UpdateStrategy(0, 1, "maxSurge 0, maxUnavailable 1"));
        assertFalse(new RecreateRemoval(rolling, PodRolloutTest.QUICK, null).concerns(WEB));
    }
}

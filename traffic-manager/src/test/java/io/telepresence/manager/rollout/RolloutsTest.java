package io.telepresence.manager.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.inject.SidecarInjector;
import io.telepresence.manager.inject.SidecarInjectorTest;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pods follow a wish: with the container, without it, without agent. */
@Timeout(20)
class RolloutsTest {
    private static final WorkloadRef WEB = new WorkloadRef("Deployment", "default", "web");
    private static final Optional<AgentConfig> BESIDE = config(false);
    private static final Optional<AgentConfig> INSTEAD = config(true);

    private final FakeWorkload cluster = new FakeWorkload(3, true);
    private final AtomicInteger failures = new AtomicInteger();
    private final Rollouts rollouts = new Rollouts(
            new PodRollout(cluster, PodRolloutTest.QUICK),
            new SidecarInjector(SidecarInjectorTest.look(true))::serves,
            _ -> Fault.internal("past the injector"),
            failures::incrementAndGet);
    private volatile Optional<AgentConfig> desired = BESIDE;
    private final DesiredConfig wish = () -> desired;

    private static Optional<AgentConfig> config(boolean replaced) {
        return Optional.of(AgentConfig.newBuilder()
                .addContainers(AgentContainer.newBuilder().setName("app").setReplaced(replaced))
                .build());
    }

    @BeforeEach
    void webhook() throws Exception {
        cluster.webhook = pod -> desired.map(config -> injected(pod, config)).orElseGet(() -> bare(pod));
        follow();
    }

    @Test
    void theContainerGoesAndComesBackAndNoPodLessServes() throws Exception {
        assertTrue(asWished());
        desired = INSTEAD;
        follow();
        assertTrue(asWished());
        desired = BESIDE;
        follow();
        assertTrue(asWished());
        assertEquals(3, cluster.fewestServing);
        assertEquals(0, cluster.orphans.size());
        desired = Optional.empty();
        follow();
        assertEquals(0, cluster.agents());
    }

    @Test
    void aWishThatChangesMeanwhileIsFollowedToo() throws Exception {
        AtomicBoolean once = new AtomicBoolean();
        CompletableFuture<Void> second = new CompletableFuture<>();
        cluster.atOrphan = () -> {
            if (once.compareAndSet(false, true)) {
                desired = BESIDE;
                rollouts.start(WEB, wish, _ -> {}).thenRun(() -> second.complete(null));
            }
        };
        desired = INSTEAD;
        follow();
        second.get();
        assertTrue(asWished());
        assertEquals(BESIDE, desired);
        assertEquals(3, cluster.fewestServing);
    }

    @Test
    void whatFailsIsToldAndLeavesThePodsAsTheyAre() {
        desired = INSTEAD;
        cluster.newOnesBecomeReady = false;
        CompletableFuture<Void> told = new CompletableFuture<>();
        CompletableFuture<Void> started = rollouts.start(WEB, wish, text -> {
            if (text.contains("no new pod became ready")) {
                told.complete(null);
            }
        });
        told.join();
        started.join();
        settle();
        desired = BESIDE;
        assertTrue(asWished(), "the old ones have their controller back");
        assertEquals(1, failures.get());
        assertTrue(
                rollouts.failure(WEB).orElseThrow().text().contains("no new pod became ready"), "who waits hears it");
        cluster.webhook = RolloutsTest::bare;
        cluster.newOnesBecomeReady = true;
        desired = INSTEAD;
        ExecutionException past = assertThrows(ExecutionException.class, () -> failed().get());
        assertEquals(
                "past the injector", ((FaultException) past.getCause()).fault().text());
    }

    @Test
    void whatIsToGoSaysSoInItsPodUntilItIsWantedAgain() throws Exception {
        cluster.newOnesBecomeReady = false;
        desired = Optional.empty();
        follow();
        assertEquals(3, cluster.agents());
        assertTrue(cluster.pods(WEB).stream().allMatch(Pods::dismissed), "a manager that starts now would keep them");
        desired = BESIDE;
        follow();
        assertTrue(cluster.pods(WEB).stream().noneMatch(Pods::dismissed));
    }

    @Test
    void whatFailedBeforeIsNotSaidToWhoAsksAfterwards() throws Exception {
        CompletableFuture<CompletableFuture<Void>> second = new CompletableFuture<>();
        AtomicBoolean first = new AtomicBoolean(true);
        cluster.atOrphan = () -> {
            CompletableFuture<Void> asked = rollouts.start(WEB, wish, _ -> {});
            if (first.compareAndSet(true, false)) {
                throw new IllegalStateException("the first pass fails");
            }
            second.complete(asked);
        };
        desired = INSTEAD;
        assertThrows(ExecutionException.class, () -> rollouts.start(WEB, wish, _ -> {})
                .get());
        second.get().get();
        settle();
        assertTrue(asWished());
    }

    /** A roll that fails may have told before that it has begun. */
    private CompletableFuture<Void> failed() {
        CompletableFuture<Void> result = new CompletableFuture<>();
        rollouts.start(WEB, wish, text -> {
            if (text.contains("past the injector")) {
                result.completeExceptionally(Fault.internal("past the injector").exception());
            }
        });
        return result;
    }

    private void follow() throws Exception {
        rollouts.start(WEB, wish, _ -> {}).get();
        settle();
    }

    private void settle() {
        while (rollouts.busy(WEB)) {
            Thread.onSpinWait();
        }
    }

    private boolean asWished() {
        List<Pod> pods = cluster.pods(WEB);
        return pods.size() == 3 && pods.stream().allMatch(rollouts.upToDate(wish));
    }

    private static Pod injected(Pod pod, AgentConfig config) {
        return new SidecarInjector(SidecarInjectorTest.look(true)).inject(bare(pod), config);
    }

    private static Pod bare(Pod pod) {
        return new PodBuilder(pod)
                .editSpec()
                .editFirstContainer()
                .withName("app")
                .endContainer()
                .endSpec()
                .build();
    }
}

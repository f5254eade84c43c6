package io.telepresence.manager.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Owners are looked up once for each state, and each state is seen. */
class OwnerIndexTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");

    private final FakeCluster cluster = new FakeCluster();
    private final AtomicInteger asked = new AtomicInteger();
    private final OwnerIndex index = new OwnerIndex(cluster.stores, () -> this::owner, cluster.workloads()::in);

    private Optional<WorkloadRef> owner(HasMetadata pod) {
        asked.incrementAndGet();
        return cluster.workloads().ownerOf(pod);
    }

    private List<String> names() {
        return index.of("default").pods(ECHO).stream()
                .map(p -> p.getMetadata().getName())
                .sorted()
                .toList();
    }

    @Test
    void ownersAreLookedUpOnceHoweverManyWorkloadsAreAskedAbout() {
        cluster.addEcho();
        cluster.addEchoPod("echo-abc-2", "True");
        for (int i = 0; i < 100; i++) {
            assertEquals(List.of(), index.of("default").pods(new WorkloadRef("Deployment", "default", "other-" + i)));
            assertEquals(List.of("echo-abc-1", "echo-abc-2"), names());
        }
        assertEquals(3, asked.get(), "two pods and their ReplicaSet");
    }

    @Test
    void everyChangeIsSeen() {
        assertEquals(List.of(), names());
        cluster.addEcho();
        assertEquals(List.of("echo-abc-1"), names());
        cluster.addEchoPod("echo-abc-2", "True");
        assertEquals(List.of("echo-abc-1", "echo-abc-2"), names());
        cluster.pods.remove(cluster.pods.get("default", "echo-abc-1").orElseThrow());
        assertEquals(List.of("echo-abc-2"), names());
        cluster.pods.remove(cluster.pods.get("default", "echo-abc-2").orElseThrow());
        assertEquals(List.of(), names());
    }

    /** Twenty who watch the same change do not look it up twenty times. */
    @Test
    void whoAsksMeanwhileWaitsForTheSameAnswer() throws Exception {
        cluster.addEcho();
        int askers = 20;
        CountDownLatch all = new CountDownLatch(askers);
        try (ExecutorService threads = Executors.newFixedThreadPool(askers)) {
            List<Future<List<String>>> answers = new ArrayList<>();
            for (int i = 0; i < askers; i++) {
                answers.add(threads.submit(() -> {
                    all.countDown();
                    all.await();
                    return names();
                }));
            }
            for (Future<List<String>> answer : answers) {
                assertEquals(List.of("echo-abc-1"), answer.get(10, TimeUnit.SECONDS));
            }
        }
        assertEquals(2, asked.get());
    }

    @Test
    void whatMakesPodsIsFoundByItsWorkload() {
        cluster.addEcho();
        assertEquals(
                List.of("echo-abc"),
                index.of("default").makers(ECHO).stream()
                        .map(m -> m.getMetadata().getName())
                        .toList());
        assertEquals(
                List.of(ECHO),
                index.of("default").workloads().stream()
                        .map(KubernetesWorkload::ref)
                        .toList());
    }
}

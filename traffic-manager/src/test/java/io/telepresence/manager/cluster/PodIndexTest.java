package io.telepresence.manager.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Owners are looked up once for each state, and each state is seen. */
class PodIndexTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");

    private final FakeCluster cluster = new FakeCluster();
    private final AtomicInteger asked = new AtomicInteger();
    private final PodIndex index = new PodIndex(cluster.stores, this::owner);

    private Optional<WorkloadRef> owner(Pod pod) {
        asked.incrementAndGet();
        return cluster.workloads().ownerOf(pod);
    }

    private List<String> names() {
        return index.of(ECHO).stream()
                .map(p -> p.getMetadata().getName())
                .sorted()
                .toList();
    }

    @Test
    void ownersAreLookedUpOnceHoweverManyWorkloadsAreAskedAbout() {
        cluster.addEcho();
        cluster.addEchoPod("echo-abc-2", "True");
        for (int i = 0; i < 100; i++) {
            assertEquals(List.of(), index.of(new WorkloadRef("Deployment", "default", "other-" + i)));
            assertEquals(List.of("echo-abc-1", "echo-abc-2"), names());
        }
        assertEquals(2, asked.get());
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
}

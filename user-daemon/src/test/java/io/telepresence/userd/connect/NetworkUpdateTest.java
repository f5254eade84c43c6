package io.telepresence.userd.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.rpc.manager.ClusterInfo;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.run.Threads;
import io.telepresence.testing.Awaits;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the network depends on may change at several places at once: the root daemon ends up with all of it. */
@Timeout(90)
class NetworkUpdateTest {
    @TempDir
    Path directory;

    private ConnectFixture fixture;

    @BeforeEach
    void open() throws Exception {
        fixture = new ConnectFixture(directory);
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void twoChangesDoNotWaitForEachOther() throws Exception {
        ClusterSession session = fixture.connect().session();
        ClusterInfo info = ClusterInfo.newBuilder()
                .addAllNamespaces(List.of("a", "b"))
                .setClusterDomain("other.local")
                .build();
        CompletableFuture<Void> changed = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                session.facts().mapped().update(mapped -> {
                    fixture.manager.clusters.remove().onNext(info);
                    Awaits.that("the cluster is told meanwhile", () -> heard(session, info));
                    return List.of("a");
                });
                changed.complete(null);
            } catch (RuntimeException | Error e) {
                changed.completeExceptionally(e);
            }
        });
        changed.get(40, TimeUnit.SECONDS);
        Awaits.that("both are with the root daemon", () -> {
            NetworkConfig last = fixture.root.configs.poll();
            return last != null
                    && last.getDns().getClusterDomain().equals("other.local")
                    && last.getDns().getNamespacesList().equals(List.of("a"));
        });
        assertTrue(fixture.root.configs.isEmpty(), "nothing older comes after it");
    }

    /** Never blocks. */
    private static boolean heard(ClusterSession session, ClusterInfo info) {
        CompletableFuture<ClusterInfo> now = new CompletableFuture<>();
        Thread.startVirtualThread(() -> now.complete(session.cluster().get()));
        return now.completeOnTimeout(ClusterInfo.getDefaultInstance(), 5, TimeUnit.SECONDS)
                .join()
                .equals(info);
    }

    @Test
    void whoTellsTheRootDaemonEndsWithTheConnection() throws Exception {
        fixture.connect();
        assertTrue(tells());
        fixture.connector.disconnect();
        Awaits.that("nobody tells any more", () -> !tells());
        assertFalse(fixture.connect().already());
        assertEquals(
                1, Threads.alive().stream().filter(NetworkUpdateTest::tells).count());
    }

    private static boolean tells() {
        return Threads.alive().stream().anyMatch(NetworkUpdateTest::tells);
    }

    private static boolean tells(Thread thread) {
        return thread.getName().equals("network-config");
    }
}

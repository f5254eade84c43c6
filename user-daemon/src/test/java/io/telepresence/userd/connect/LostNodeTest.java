package io.telepresence.userd.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.testing.Awaits;
import io.telepresence.userd.health.HealthWarning;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A session whose manager is on a lost node: whoever needs it hears so at once, as long as it is so. */
@Timeout(60)
class LostNodeTest {
    @TempDir
    Path directory;

    private ConnectFixture fixture;
    private Connector connector;

    @BeforeEach
    void open() throws Exception {
        fixture = new ConnectFixture(directory);
        connector = fixture.connector;
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    private void managerEnds() {
        fixture.manager.close();
        fixture.api.manager = directory.resolve("nobody");
        Awaits.that("the warning", () -> connector.health().has(HealthWarning.MANAGER_LINK));
    }

    @Test
    void whoseManagerIsOnALostNodeNeedNotWaitToHearIt() throws Exception {
        ClusterSession session = fixture.connect().session();
        fixture.nodeIsLost();
        managerEnds();
        Awaits.that("the node's warning", () -> connector.health().has(HealthWarning.NODE));
        Fault told = assertThrows(FaultException.class, () -> connector.live(text -> {}))
                .fault();
        assertTrue(told.text().contains("its node \"node2\" is lost"), told::text);
        assertTrue(
                told.text().contains("delete the pod on node \"node2\": kubectl delete pod m --namespace ns --force"),
                told::text);
        assertTrue(connector.health().sentences().contains(told.text()), "status says the same");
        fixture.managerReturns();
        Awaits.that("it is back", () -> "Connected".equals(connector.statusText()));
        assertSame(session, connector.live(text -> {}));
        assertEquals(List.of(), connector.health().sentences());
    }

    @Test
    void whoHasDeletedThePodIsNotToldToDeleteItsSuccessor() throws Exception {
        ClusterSession session = fixture.connect().session();
        fixture.podStarts();
        managerEnds();
        connector.health().raise(HealthWarning.NODE, "as the look before the last has shown");
        CompletableFuture<ClusterSession> live = new CompletableFuture<>();
        CompletableFuture<String> waiting = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                live.complete(connector.live(waiting::complete));
            } catch (FaultException e) {
                waiting.completeExceptionally(e);
                live.completeExceptionally(e);
            }
        });
        assertEquals("Reconnecting to the traffic-manager", waiting.get(30, TimeUnit.SECONDS));
        fixture.managerReturns();
        assertSame(session, live.get(30, TimeUnit.SECONDS));
    }
}

package io.telepresence.userd.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagementCodec;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.ClientEngagement;
import io.telepresence.rpc.connector.MountRequest;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.PodPort;
import io.telepresence.rpc.engagement.PortRequest;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.testing.Awaits;
import io.telepresence.userd.manager.FakeProof;
import io.telepresence.userd.manager.ManagerSession;
import io.telepresence.userd.mount.Mounts;
import io.telepresence.userd.podaccess.PodAccessBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** However an engagement ends, and whoever ends it: nothing of it is left here, and whoever waits hears why. */
@Timeout(60)
class EngagementEndTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private final ClientEngagements engagements = new ClientEngagements();
    private final BlockingQueue<String> progress = new LinkedBlockingQueue<>();
    private FakeManager manager;
    private ManagerSession link;
    private EngagementLifecycle engaging;

    @BeforeEach
    void open() throws Exception {
        manager = new FakeManager(directory.resolve("m"), new FakePod()::accept);
        link = ManagerSession.open(
                directory.resolve("m"),
                ClientArrival::getDefaultInstance,
                new ManagerSession.Limits(LIMIT, LIMIT, LIMIT),
                () -> 0,
                new FakeProof());
        link.version(Optional::empty);
        link.arrive();
        PodAccessBroker podAccess = new PodAccessBroker(link.tunnel());
        Mounts mounts =
                new Mounts(podAccess, new Mounts.Settings(Map.of(), directory, directory.resolve("journal"), 1000));
        engaging =
                new EngagementLifecycle(link, engagements, new EngagementResourcesFactory(podAccess, mounts, 0), LIMIT);
    }

    @AfterEach
    void close() throws Exception {
        manager.roll.complete(null);
        engaging.close();
        assertEquals(List.of(), engagements.all());
        link.close();
        manager.close();
        Awaits.that("no port into the pod", () -> Awaits.threads("to-pod") == 0);
    }

    /** With a loop of its own, which tells whether it was closed. */
    private static EngagementSpec spec(String name) {
        return EngagementSpec.newBuilder()
                .setKind(EngagementKind.INTERCEPT)
                .setName(name)
                .setNamespace("default")
                .setWorkload(name)
                .addPorts(PortRequest.newBuilder().setLocalPort(8080).setIdentifier("http"))
                .addToPod(PodPort.newBuilder().setPort(FreePort.next()))
                .build();
    }

    /** Ports that nobody had a moment ago. */
    private static final class FreePort {
        static int next() {
            try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
                return socket.getLocalPort();
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    private ClientEngagement engage(String name) throws FaultException {
        MountRequest none =
                MountRequest.newBuilder().setMode(MountRequest.Mode.NONE).build();
        return engaging.engage(
                new EngagementLifecycle.Request(EngagementCodec.spec(spec(name)), none, List.of()), progress::add);
    }

    /** Beside the test; waits until the manager has entered it. */
    private CompletableFuture<Fault> engaging(String name) throws Exception {
        CompletableFuture<Fault> fault = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                fault.completeExceptionally(new AssertionError(engage(name)));
            } catch (FaultException e) {
                fault.complete(e.fault());
            } catch (RuntimeException | Error e) {
                fault.completeExceptionally(e);
            }
        });
        assertEquals("waiting for agents", progress.poll(30, TimeUnit.SECONDS));
        return fault;
    }

    @Test
    void oneThatServesOnlyWhenAllIsOverDoesNotBegin() throws Exception {
        manager.roll = new CompletableFuture<>();
        CompletableFuture<Fault> late = engaging("echo");
        engaging.close();
        manager.roll.complete(null);
        assertEquals(
                "the connection was ended meanwhile",
                late.get(30, TimeUnit.SECONDS).text());
        assertEquals(List.of(), engagements.all());
        assertEquals(List.of(), engagements.wished());
    }

    @Test
    void aConnectionThatBreaksEndsTheWaitAndGivesThePlaceBack() throws Exception {
        manager.roll = new CompletableFuture<>();
        CompletableFuture<Fault> waiting = engaging("echo");
        manager.close();
        assertEquals(Fault.Kind.UNREACHABLE, waiting.get(30, TimeUnit.SECONDS).kind());
        assertEquals(List.of(), engagements.all());
        manager = new FakeManager(directory.resolve("m"), new FakePod()::accept);
        Awaits.that("the manager is back", () -> {
            link.carriers().beatNow();
            return link.carriers().up().get() && link.resumed() && !manager.sessions.isEmpty();
        });
        assertEquals("echo", engage("echo").getEngagement().getSpec().getName());
    }

    @Test
    void whoLeavesTwiceWaitsForTheFirst() throws Exception {
        String id = engage("echo").getEngagement().getId();
        CompletableFuture<String> ended = engagements.ended("echo", "", "");
        manager.roll = new CompletableFuture<>();
        CompletableFuture<String> first = leave("echo");
        Awaits.that("the manager is asked", () -> !manager.left.isEmpty());
        CompletableFuture<String> second = leave("echo");
        assertFalse(ended.isDone());
        assertEquals(List.of(), engagements.wished(), "a manager that restarts now is not told of it");
        manager.roll.complete(null);
        assertEquals(id, first.get(30, TimeUnit.SECONDS));
        assertEquals(id, second.get(30, TimeUnit.SECONDS));
        assertEquals(List.of("echo"), manager.left, "the manager was asked once");
        assertEquals("left", ended.get(30, TimeUnit.SECONDS));
    }

    private CompletableFuture<String> leave(String name) {
        CompletableFuture<String> left = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                left.complete(engaging.leave(name, "", ""));
            } catch (FaultException e) {
                left.completeExceptionally(e);
            }
        });
        return left;
    }

    @Test
    void withoutTheManagerItIsOverHereAllTheSame() throws Exception {
        engage("echo");
        manager.close();
        assertThrows(FaultException.class, () -> engaging.leave("echo", "", ""));
        assertEquals(List.of(), engagements.wished());
        assertEquals(List.of(), engagements.all());
    }

    @Test
    void whatASnapshotLeavesOutIsOverOnlyIfItWasThereBefore() throws Exception {
        ClientEngagement made = engage("echo");
        CompletableFuture<String> ended = engagements.ended("echo", "", "");
        engaging.heard(EngagementSnapshot.getDefaultInstance());
        assertEquals(1, engagements.all().size(), "a snapshot from before it began");
        engaging.heard(EngagementSnapshot.newBuilder()
                .addEngagements(made.getEngagement())
                .build());
        engaging.heard(EngagementSnapshot.getDefaultInstance());
        assertEquals("ended by the traffic-manager", ended.get(30, TimeUnit.SECONDS));
        assertEquals(List.of(), engagements.all());
        assertTrue(engage("echo").getEngagement().getId().endsWith("echo"), "the name is free again");
    }

    @Test
    void aDisconnectTellsWhoeverWaits() throws Exception {
        engage("echo");
        CompletableFuture<String> ended = engagements.ended("echo", "", "");
        engaging.close();
        assertEquals("disconnected", ended.get(30, TimeUnit.SECONDS));
        assertEquals(List.of(), manager.left, "the manager hears of the session's end");
    }
}

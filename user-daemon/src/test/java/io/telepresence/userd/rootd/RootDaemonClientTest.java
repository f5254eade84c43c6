package io.telepresence.userd.rootd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.rootd.DnsStatus;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.rpc.rootd.NetworkStatus;
import io.telepresence.run.Threads;
import io.telepresence.testing.Awaits;
import io.telepresence.userd.health.HealthWarning;
import io.telepresence.userd.health.HealthWarnings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The network stays as desired while the root daemon comes and goes, and nothing is left behind when it is not wanted. */
@Timeout(60)
class RootDaemonClientTest {
    private static final String AGAIN = "root-daemon-again";

    @TempDir
    Path directory;

    private final HealthWarnings health = new HealthWarnings();
    private Path socket;
    private FakeRootDaemon daemon;

    @BeforeEach
    void start() throws Exception {
        socket = directory.resolve("rootd-test");
        daemon = new FakeRootDaemon(socket);
    }

    @AfterEach
    void stop() throws Exception {
        daemon.close();
        Awaits.that("no channel to the root daemon is left", () -> channels() == 0);
    }

    @Test
    void withoutARootDaemonThereIsNoNetwork() {
        Path nobody = directory.resolve("nobody");
        Fault fault = assertThrows(
                        FaultException.class,
                        () -> RootDaemonClient.open(nobody, RootDaemonLauncher.supervised(), health, config("a")))
                .fault();
        assertEquals("the root daemon is not running", fault.text());
        assertEquals(Optional.empty(), RootDaemonClient.version(nobody));
        assertFalse(RootDaemonClient.quit(nobody));
    }

    @Test
    void eachWishIsSentOnceAndEachStateIsHeard() throws Exception {
        try (RootDaemonClient client = open("a")) {
            assertEquals(FakeRootDaemon.ACTIVE, client.status().get());
            client.update(config("a"));
            client.update(config("b"));
            client.update(config("b"));
            client.update(config("c"));
            assertEquals("a", next());
            assertEquals("b", next());
            assertEquals("c", next());
            NetworkStatus busy =
                    FakeRootDaemon.ACTIVE.toBuilder().setOpenFlows(3).build();
            daemon.sessions.take().onNext(busy);
            Awaits.that("the new state", () -> client.status().get().equals(busy));
        }
        assertEquals(0, daemon.open.get(), "the host is as it was when close returns");
    }

    @Test
    void whatDoesNotWorkIsAWarningUntilItWorks() throws Exception {
        try (RootDaemonClient client = open("a")) {
            var states = daemon.sessions.take();
            states.onNext(FakeRootDaemon.fault("no TUN"));
            Awaits.that("the warning", () -> health.has(HealthWarning.NETWORK));
            assertEquals("no TUN", client.status().get().getFault().getText());
            states.onNext(FakeRootDaemon.ACTIVE.toBuilder()
                    .setDns(DnsStatus.newBuilder().setError("port 53 is taken"))
                    .build());
            Awaits.that("the other warning", () -> health.has(HealthWarning.DNS));
            assertFalse(health.has(HealthWarning.NETWORK));
            states.onNext(FakeRootDaemon.ACTIVE);
            Awaits.that("no warning", () -> health.sentences().isEmpty());
        }
    }

    @Test
    void aNetworkThatCannotBeSetUpIsNotTriedAgainBehindTheCaller() throws Exception {
        daemon.states = config -> Optional.of(FakeRootDaemon.fault("the subnet 10.0.0.0/8 is in use"));
        Fault fault =
                assertThrows(FaultException.class, () -> open("a").close()).fault();
        assertEquals("the subnet 10.0.0.0/8 is in use", fault.text());
        assertEquals(0, daemon.open.get());
        Awaits.that("nobody tries again", () -> !trying());
        assertEquals(1, daemon.begun.get());
        assertFalse(health.has(HealthWarning.ROOT_DAEMON));
    }

    @Test
    void aConnectThatIsCancelledLeavesNoSession() throws Exception {
        daemon.states = config -> Optional.empty();
        CompletableFuture<Fault> heard = new CompletableFuture<>();
        Thread connecting = Thread.startVirtualThread(() -> {
            try (RootDaemonClient client = open("a")) {
                heard.completeExceptionally(new AssertionError(client.status().get()));
            } catch (FaultException e) {
                heard.complete(e.fault());
            }
        });
        daemon.sessions.take();
        connecting.interrupt();
        assertEquals("interrupted", heard.get(30, TimeUnit.SECONDS).text());
        Awaits.that("the session is over", () -> daemon.open.get() == 0);
    }

    @Test
    void aLostRootDaemonGetsTheNewestWishWhenItIsBack() throws Exception {
        try (RootDaemonClient client = open("a")) {
            assertEquals("a", next());
            daemon.close();
            Awaits.that("the loss", () -> health.has(HealthWarning.ROOT_DAEMON));
            assertEquals(NetworkStatus.getDefaultInstance(), client.status().get());
            client.update(config("b"));
            daemon = new FakeRootDaemon(socket);
            assertEquals("b", next());
            Awaits.that("no warning", () -> health.sentences().isEmpty());
            client.update(config("c"));
            assertEquals("c", next());
            assertEquals(FakeRootDaemon.ACTIVE, client.status().get());
        }
    }

    @Test
    void aLostSessionLeavesNoChannel() throws Exception {
        try (RootDaemonClient client = open("a")) {
            for (int i = 0; i < 3; i++) {
                daemon.sessions.take().onCompleted();
                daemon.open.decrementAndGet();
            }
            daemon.sessions.take();
            Awaits.that("it is back", () -> client.status().get().getActive());
            Awaits.that("one channel", () -> channels() == 1 && !trying());
            assertEquals(FakeRootDaemon.ACTIVE, client.status().get());
        }
    }

    @Test
    void whoTriesAgainIsOneHoweverOftenItFails() throws Exception {
        AtomicInteger failures = new AtomicInteger();
        try (RootDaemonClient client = open("a")) {
            daemon.states = config -> Optional.of(
                    failures.incrementAndGet() <= 3 ? FakeRootDaemon.fault("not yet") : FakeRootDaemon.ACTIVE);
            daemon.sessions.take().onCompleted();
            daemon.open.decrementAndGet();
            Awaits.that("it has tried", () -> daemon.begun.get() == 5);
            Awaits.that("it is back", () -> client.status().get().getActive() && !trying());
            assertEquals(4, failures.get());
            assertEquals(1, daemon.open.get(), "sessions");
            assertEquals(1, channels(), "channels");
            assertTrue(health.sentences().isEmpty(), health.sentences()::toString);
        }
    }

    @Test
    void whoIsClosedWhileTheDaemonIsAwayTriesNoMore() throws Exception {
        RootDaemonClient client = open("a");
        daemon.close();
        Awaits.that("the loss", () -> health.has(HealthWarning.ROOT_DAEMON));
        client.close();
        Awaits.that("nobody tries", () -> !trying());
        daemon = new FakeRootDaemon(socket);
        client.update(config("b"));
        assertEquals(0, daemon.begun.get());
    }

    @Test
    void whatStaysIsToldAndLevelsArePassedOn() throws Exception {
        assertTrue(RootDaemonClient.version(socket).isPresent());
        assertFalse(RootDaemonClient.quit(socket));
        daemon.service = true;
        assertTrue(RootDaemonClient.quit(socket));
        RootDaemonClient.logLevel(
                socket, LogLevelRequest.newBuilder().setLevel("TRACE").build());
        assertEquals("TRACE", daemon.levels.take());
        daemon.close();
        Files.createFile(socket);
        assertEquals(Optional.empty(), RootDaemonClient.version(socket), "a file that a dead one left");
        assertFalse(RootDaemonClient.quit(socket));
        FaultException fault = assertThrows(
                FaultException.class, () -> RootDaemonClient.logLevel(socket, LogLevelRequest.getDefaultInstance()));
        assertFalse(fault.fault().text().isEmpty());
    }

    @Test
    void whoCannotStartTheDaemonSaysWhatToDo() throws Exception {
        Path program = directory.resolve("telepresence");
        Files.writeString(program, "#!/bin/sh\nexit 1\n");
        assertTrue(program.toFile().setExecutable(true));
        Fault fault = assertThrows(FaultException.class, new RootDaemonLauncher(program, 0)::launch)
                .fault();
        assertEquals(Fault.Kind.DENIED, fault.kind());
        assertEquals("Run: telepresence quit -s, then telepresence connect", fault.remedy());
        Path nothing = directory.resolve("not-there");
        assertThrows(FaultException.class, new RootDaemonLauncher(nothing, 0)::launch);
        RootDaemonLauncher.supervised().launch();
    }

    private RootDaemonClient open(String session) throws FaultException {
        return RootDaemonClient.open(socket, RootDaemonLauncher.supervised(), health, config(session));
    }

    private String next() throws InterruptedException {
        NetworkConfig config = daemon.configs.poll(30, TimeUnit.SECONDS);
        return config == null ? "nothing" : config.getSessionId();
    }

    private static boolean trying() {
        return Threads.alive().stream().anyMatch(thread -> thread.getName().equals(AGAIN));
    }

    private long channels() {
        return Awaits.threads("to-" + socket.getFileName());
    }

    private static NetworkConfig config(String session) {
        return NetworkConfig.newBuilder().setSessionId(session).build();
    }
}

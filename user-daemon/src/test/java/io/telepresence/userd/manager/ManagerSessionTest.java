package io.telepresence.userd.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.telepresence.agree.Versions;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.run.Threads;
import io.telepresence.testing.Awaits;
import io.telepresence.userd.engage.FakeManager;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One session, as long as the client wants it: it begins once, goes on after the manager forgot it, and is ended. */
@Timeout(60)
class ManagerSessionTest {
    private static final int CARRIERS = 3;
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private final AtomicInteger asked = new AtomicInteger();
    private final FakeProof proof = new FakeProof();
    private FakeManager manager;
    private ManagerSession link;

    @BeforeEach
    void open() throws Exception {
        manager = new FakeManager(directory.resolve("m"), (flow, open) -> {});
        link = link(LONG);
    }

    @AfterEach
    void close() {
        link.close();
        manager.close();
    }

    private ManagerSession link(Duration connect) {
        return ManagerSession.open(
                directory.resolve("m"),
                () -> ClientArrival.newBuilder()
                        .setName("arrival " + asked.incrementAndGet())
                        .build(),
                new ManagerSession.Limits(LONG, connect, LONG),
                () -> 0,
                proof);
    }

    private void arrive() throws Exception {
        link.version(Optional::empty);
        assertEquals("s1", link.arrive().getSessionId());
        assertEquals("arrival 1", manager.arrivals.take().getName());
    }

    private static boolean resuming() {
        return Threads.alive().stream().anyMatch(thread -> thread.getName().equals("resume-session"));
    }

    private Fault refused() {
        return assertThrows(FaultException.class, () -> link.version(Optional::empty))
                .fault();
    }

    @Test
    void managersThatAreTooOldOrTooNewAreNamedWithWhatToDo() {
        VersionInfo.Builder version =
                VersionInfo.newBuilder().setVersion("v9.9.9").setProtocol(Versions.PROTOCOL - 2);
        manager.version = version.build();
        assertEquals(
                "the traffic-manager v9.9.9 is too old for the client " + Versions.VERSION,
                refused().text());
        assertTrue(refused().remedy().contains("telepresence helm upgrade"), refused()::remedy);
        manager.version = version.setProtocol(Versions.PROTOCOL + 2).build();
        assertEquals(
                "the client " + Versions.VERSION + " is too old for the traffic-manager v9.9.9",
                refused().text());
        assertEquals("Install the client v9.9.9", refused().remedy());
    }

    @Test
    void oneLevelMoreOrLessIsUnderstood() throws Exception {
        for (int level : new int[] {Versions.PROTOCOL - 1, Versions.PROTOCOL, Versions.PROTOCOL + 1}) {
            manager.version = manager.version.toBuilder().setProtocol(level).build();
            assertEquals(level, link.version(Optional::empty).getProtocol());
        }
    }

    @Test
    void aSilentManagerIsToldWithTheLimitAndAMissingWayWithItsCause() {
        manager.silent.add("version");
        link.close();
        link = link(Duration.ofMillis(300));
        assertEquals("the traffic-manager does not answer within 0 s", refused().text());
        assertTrue(refused().remedy().contains("timeouts.trafficManagerConnect"), refused()::remedy);
        Fault cause = Fault.denied("you have no right to use pods/portforward", "");
        assertEquals(
                cause,
                assertThrows(FaultException.class, () -> link.version(() -> Optional.of(cause)))
                        .fault());
    }

    @Test
    void whoMayNotArriveHearsWhy() throws Exception {
        manager.refusal = Status.PERMISSION_DENIED.withDescription("too many clients");
        link.version(Optional::empty);
        Fault fault = assertThrows(FaultException.class, link::arrive).fault();
        assertEquals("too many clients", fault.text());
        assertEquals(Fault.Kind.DENIED, fault.kind());
        assertEquals("", link.ref().getSessionId());
    }

    @Test
    void whoeverArrivesHasProvedItBefore() throws Exception {
        List<Integer> arrivedBefore = new CopyOnWriteArrayList<>();
        proof.proving = () -> arrivedBefore.add(manager.sessions.size());
        arrive();
        manager.sessions.clear();
        manager.fresh = "s2";
        link.carriers().beatNow();
        assertEquals("s1", manager.arrivals.poll(30, TimeUnit.SECONDS).getResumeSessionId());
        assertEquals(List.of(0, 0), arrivedBefore);
        assertTrue(proof.unknown.isEmpty());
    }

    @Test
    void whatIsToBeDoneAfterASleepIsDoneBesidesTheHeartbeats() throws Exception {
        arrive();
        CountDownLatch done = new CountDownLatch(1);
        CompletableFuture<Void> over = new CompletableFuture<>();
        link.whenAwake(() -> {
            done.countDown();
            return over;
        });
        int before = manager.beats.get();
        assertSame(over, link.awoke());
        assertEquals(0, done.getCount());
        Awaits.that("each carrier beats", () -> manager.beats.get() >= before + CARRIERS);
    }

    @Test
    void nobodyArrivesWhoCannotProveIt() throws Exception {
        proof.failure = Fault.denied("the credentials are over", "Log in");
        link.version(Optional::empty);
        assertEquals(
                proof.failure, assertThrows(FaultException.class, link::arrive).fault());
        assertEquals(proof.failure, proof.unknown.poll());
        assertTrue(manager.arrivals.isEmpty());
    }

    @Test
    void whomTheManagerDoesNotKnowHearsWhyAndOthersHearTheManager() throws Exception {
        proof.told = Fault.denied("you have no right to prove it", "Ask for it");
        link.version(Optional::empty);
        manager.refusal = Status.UNAUTHENTICATED.withDescription("who are you?");
        assertEquals(
                proof.told, assertThrows(FaultException.class, link::arrive).fault());
        assertEquals("who are you?", proof.unknown.take().text());
        manager.refusal = Status.PERMISSION_DENIED.withDescription("not you");
        assertEquals(
                "not you",
                assertThrows(FaultException.class, link::arrive).fault().text());
        assertTrue(proof.unknown.isEmpty());
    }

    @Test
    void aSessionThatIsNotResumedSaysWhyUntilItIs() throws Exception {
        arrive();
        proof.failure = Fault.denied("the credentials are over", "Log in");
        manager.sessions.clear();
        link.carriers().beatNow();
        assertEquals(proof.failure, proof.unknown.poll(30, TimeUnit.SECONDS));
        assertTrue(manager.arrivals.isEmpty());
        proof.failure = null;
        Awaits.that("it is resumed", () -> {
            link.carriers().beatNow();
            return !manager.arrivals.isEmpty();
        });
    }

    @Test
    void whoLeavesWhileItProvesItselfArrivesNoMore() throws Exception {
        arrive();
        CountDownLatch proving = new CountDownLatch(1);
        proof.proving = () -> {
            proving.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                proof.failure = Fault.unreachable("interrupted", "");
            }
        };
        manager.sessions.clear();
        link.carriers().beatNow();
        assertTrue(proving.await(30, TimeUnit.SECONDS));
        link.close();
        assertFalse(resuming());
        assertTrue(manager.arrivals.isEmpty());
        assertTrue(proof.unknown.isEmpty(), "nobody is told who has left");
    }

    @Test
    void aManagerThatIsTooOldForProofsAsksNobody() throws Exception {
        manager.old = true;
        assertEquals(Optional.empty(), link.proofs().begin());
        manager.old = false;
        assertEquals(16, link.proofs().begin().orElseThrow().length);
    }

    @Test
    void aSessionThatTheManagerForgotIsResumedWithWhatIsTrueThen() throws Exception {
        arrive();
        assertTrue(link.settled(), "nothing was resumed yet");
        manager.sessions.clear();
        link.carriers().beatNow();
        ClientArrival again = manager.arrivals.poll(30, TimeUnit.SECONDS);
        assertEquals("arrival 2", again.getName());
        assertEquals("s1", again.getResumeSessionId());
        Awaits.that("it is resumed", link::resumed);
        assertFalse(link.settled(), "the manager may not know everything yet");
    }

    @Test
    void answersThatComeLateDoNotMakeItArriveTwice() throws Exception {
        arrive();
        // Those of before are on their way no more.
        Awaits.that("each carrier has beaten", () -> manager.beats.get() >= CARRIERS);
        manager.holdsBeats = true;
        manager.sessions.clear();
        link.carriers().beatNow();
        List<Runnable> late = new CopyOnWriteArrayList<>();
        for (int i = 0; i < CARRIERS; i++) {
            late.add(manager.heldBeats.poll(30, TimeUnit.SECONDS));
        }
        late.getFirst().run();
        assertEquals("s1", manager.arrivals.poll(30, TimeUnit.SECONDS).getResumeSessionId());
        Awaits.that("it is resumed", () -> link.resumed() && !resuming());
        manager.holdsBeats = false;
        int before = manager.beats.get();
        late.subList(1, CARRIERS).forEach(Runnable::run);
        // A carrier's next beat comes when it has dealt with the answer before.
        Awaits.that("each carrier beats again", () -> {
            link.carriers().beatNow();
            return manager.beats.get() >= before + 3 * CARRIERS;
        });
        Awaits.that("nobody arrives", () -> !resuming());
        assertEquals(0, manager.arrivals.size(), "the client has arrived once more");
        assertEquals(2, asked.get());
    }

    @Test
    void aResumeThatFailsIsTriedAgain() throws Exception {
        arrive();
        manager.refusal = Status.UNAVAILABLE.withDescription("not now");
        manager.sessions.clear();
        Awaits.that("it has tried twice", () -> {
            link.carriers().beatNow();
            return asked.get() >= 3;
        });
        manager.refusal = null;
        link.carriers().beatNow();
        assertEquals("s1", manager.arrivals.poll(30, TimeUnit.SECONDS).getResumeSessionId());
    }

    @Test
    void anotherIdIsHeardByWhoeverNeedsIt() throws Exception {
        arrive();
        List<String> ids = new CopyOnWriteArrayList<>();
        try (AutoCloseable watch = link.session().watch(now -> ids.add(now.getSessionId()))) {
            manager.keepsIds = false;
            manager.fresh = "s2";
            manager.sessions.clear();
            link.carriers().beatNow();
            Awaits.that("the new id", () -> link.ref().getSessionId().equals("s2"));
            assertEquals(List.of("s1", "s2"), ids, watch::toString);
        }
        link.close();
        assertEquals("s2", manager.departed.poll(30, TimeUnit.SECONDS));
    }

    @Test
    void whoLeavesSaysSo() throws Exception {
        arrive();
        Awaits.that("the manager is there", () -> link.carriers().up().get());
        link.close();
        assertEquals("s1", manager.departed.poll(30, TimeUnit.SECONDS));
        assertTrue(manager.sessions.isEmpty());
    }

    @Test
    void whoLeavesWhileItIsResumedLeavesNoThread() throws Exception {
        arrive();
        manager.silent.add("arriveAsClient");
        manager.sessions.clear();
        link.carriers().beatNow();
        Awaits.that("it is being resumed", () -> !link.resumed() && !manager.arrivals.isEmpty());
        link.close();
        Awaits.that("nobody tries", () -> !resuming());
    }
}

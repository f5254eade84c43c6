package io.telepresence.userd.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.run.Backoff;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Again and again, sooner after a failure, at once after a sleep, and not once more after the end. */
@Timeout(60)
class ProofRenewalTest {
    private static final Duration SHORT = Duration.ofMillis(5);
    private static final Duration NEVER = Duration.ofHours(1);

    private final BlockingQueue<String> renewals = new LinkedBlockingQueue<>();
    private volatile FaultException failure;
    private volatile Duration good = Duration.ZERO;
    private ProofRenewal renewal;

    @AfterEach
    void close() {
        renewal.close();
        assertFalse(alive());
    }

    private static boolean alive() {
        return Threads.alive().stream().anyMatch(thread -> thread.getName().equals("renew-proof"));
    }

    private void start(Duration every, Duration afterFailure) {
        renewal = ProofRenewal.start(
                () -> {
                    renewals.add("renewed");
                    if (failure != null) {
                        throw failure;
                    }
                    return good;
                },
                every,
                new ProofRenewal.Failures(new Backoff(afterFailure, afterFailure), new Backoff(NEVER, NEVER)));
    }

    private void assertRenews() throws Exception {
        assertNotNull(renewals.poll(30, TimeUnit.SECONDS));
    }

    @Test
    void itIsRenewedAgainAndAgain() throws Exception {
        start(SHORT, NEVER);
        for (int i = 0; i < 5; i++) {
            assertRenews();
        }
    }

    @Test
    void aFailureIsTriedAgainSooner() throws Exception {
        failure = Fault.unreachable("away", "").exception();
        start(NEVER, SHORT);
        renewal.soon();
        for (int i = 0; i < 5; i++) {
            assertRenews();
        }
    }

    @Test
    void aRefusalIsNotTriedAgainSoSoon() throws Exception {
        failure = Fault.denied("no", "").exception();
        start(NEVER, SHORT);
        renewal.soon();
        assertRenews();
        assertNull(renewals.poll(200, TimeUnit.MILLISECONDS));
        failure = Fault.unreachable("away", "").exception();
        renewal.soon();
        for (int i = 0; i < 3; i++) {
            assertRenews();
        }
    }

    /** The manager gives two minutes after the API server is back. */
    @Test
    void whereNobodyAnswersNoWaitIsLongerThanHalfAMinute() {
        start(NEVER, NEVER);
        ProofRenewal.Failures failures = ProofRenewal.failures();
        for (int i = 0; i < 200; i++) {
            Fault.Kind kind = i % 2 == 0 ? Fault.Kind.UNREACHABLE : Fault.Kind.INTERNAL;
            assertTrue(failures.next(kind).compareTo(Duration.ofSeconds(30)) <= 0);
        }
        assertTrue(failures.next(Fault.Kind.DENIED).compareTo(Duration.ofSeconds(36)) <= 0, "it has only just begun");
        for (int i = 0; i < 5; i++) {
            assertTrue(failures.next(Fault.Kind.DENIED).compareTo(Duration.ofSeconds(60)) >= 0);
        }
    }

    @Test
    void anErrorDoesNotEndIt() throws Exception {
        BlockingQueue<String> all = renewals;
        renewal = ProofRenewal.start(
                () -> {
                    all.add("renewed");
                    throw new IllegalStateException("a mistake");
                },
                SHORT,
                new ProofRenewal.Failures(new Backoff(SHORT, SHORT), new Backoff(SHORT, SHORT)));
        for (int i = 0; i < 3; i++) {
            assertRenews();
        }
    }

    @Test
    void nobodyWaitsAfterASleep() throws Exception {
        start(NEVER, NEVER);
        assertTrue(renewals.isEmpty());
        renewal.soon();
        assertRenews();
        renewal.soon();
        assertRenews();
    }

    @Test
    void whoAsksForOneHearsWhenItIsOver() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        renewal = ProofRenewal.start(
                () -> {
                    renewals.add("renewed");
                    awaitUninterruptibly(go);
                    return Duration.ZERO;
                },
                NEVER,
                new ProofRenewal.Failures(new Backoff(NEVER, NEVER), new Backoff(NEVER, NEVER)));
        CompletableFuture<Void> first = renewal.soon();
        assertRenews();
        CompletableFuture<Void> second = renewal.soon();
        assertNotSame(first, second, "it has begun before anybody asked");
        assertFalse(first.isDone());
        go.countDown();
        first.get(30, TimeUnit.SECONDS);
        second.get(30, TimeUnit.SECONDS);
        assertEquals(1, renewals.size());
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void whatIsGoodForLessTimeIsRenewedSooner() throws Exception {
        good = SHORT;
        start(NEVER, NEVER);
        renewal.soon();
        for (int i = 0; i < 5; i++) {
            assertRenews();
        }
    }

    @Test
    void theEndInterruptsOne() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        renewal = ProofRenewal.start(
                () -> {
                    renewals.add("renewed");
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        interrupted.countDown();
                        Thread.currentThread().interrupt();
                    }
                    throw Fault.unreachable("interrupted", "").exception();
                },
                SHORT,
                new ProofRenewal.Failures(new Backoff(SHORT, SHORT), new Backoff(SHORT, SHORT)));
        assertRenews();
        renewal.close();
        assertEquals(0, interrupted.getCount());
        assertFalse(alive());
        assertTrue(renewals.isEmpty());
    }

    @Test
    void fourMinutesAndATenthMoreOrLess() {
        start(NEVER, NEVER);
        Duration four = Duration.ofMinutes(4);
        assertEquals(four, ProofRenewal.pause(four, Duration.ofMinutes(10)));
        assertEquals(four, ProofRenewal.pause(four, Duration.ZERO));
        assertEquals(Duration.ofMinutes(1), ProofRenewal.pause(four, Duration.ofMinutes(2)));
        boolean more = false;
        boolean less = false;
        for (int i = 0; i < 1000; i++) {
            Duration jittered = ProofRenewal.jittered(four);
            assertTrue(jittered.minus(four).abs().compareTo(Duration.ofSeconds(24)) <= 0, jittered::toString);
            more |= jittered.compareTo(four.plusSeconds(12)) > 0;
            less |= jittered.compareTo(four.minusSeconds(12)) < 0;
        }
        assertTrue(more && less);
    }
}

package io.telepresence.userd.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.run.Backoff;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
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
                new Backoff(afterFailure, afterFailure));
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
    void anErrorDoesNotEndIt() throws Exception {
        BlockingQueue<String> all = renewals;
        renewal = ProofRenewal.start(
                () -> {
                    all.add("renewed");
                    throw new IllegalStateException("a mistake");
                },
                SHORT,
                new Backoff(SHORT, SHORT));
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
                new Backoff(SHORT, SHORT));
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

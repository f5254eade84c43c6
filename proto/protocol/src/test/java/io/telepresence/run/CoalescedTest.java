package io.telepresence.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.testing.Awaits;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever happens while the task runs, it sees the last change. */
@Timeout(60)
class CoalescedTest {
    private final AtomicInteger value = new AtomicInteger();
    private final AtomicInteger seen = new AtomicInteger();
    private final AtomicInteger runs = new AtomicInteger();

    private void look() {
        runs.incrementAndGet();
        seen.set(value.get());
    }

    @Test
    void manyChangesAreFewRunsAndTheLastIsSeen() {
        try (Coalesced changes = new Coalesced("test-changes", this::look)) {
            for (int next = 1; next <= 1000; next++) {
                value.set(next);
                changes.changed();
            }
            Awaits.that("the last is seen", () -> seen.get() == 1000);
            assertTrue(runs.get() < 1000, runs::toString);
        }
    }

    @Test
    void aChangeDuringARunIsAnotherRunAlsoWhereTheRunFails() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Runnable task = () -> {
            int now = value.get();
            if (running.getCount() > 0) {
                running.countDown();
                Awaits.that("go", () -> go.getCount() == 0);
                throw new IllegalStateException("the first time");
            }
            seen.set(now);
        };
        try (Coalesced changes = new Coalesced("test-changes", task)) {
            value.set(1);
            changes.changed();
            assertTrue(running.await(30, TimeUnit.SECONDS));
            value.set(2);
            changes.changed();
            go.countDown();
            Awaits.that("it is seen", () -> seen.get() == 2);
        }
    }

    @Test
    void whoIsClosedRunsNoMoreAndLeavesNoThread() throws Exception {
        Semaphore ran = new Semaphore(0);
        Coalesced changes = new Coalesced("test-closed", ran::release);
        changes.changed();
        assertTrue(ran.tryAcquire(30, TimeUnit.SECONDS));
        changes.close();
        changes.changed();
        Awaits.that("no thread", () -> Threads.alive().stream()
                .noneMatch(thread -> thread.getName().equals("test-closed")));
        assertEquals(0, ran.availablePermits());
    }
}

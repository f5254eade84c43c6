package io.telepresence.run;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever looks finds each thread by its name for as long as it runs, and no longer, however it ends. */
@Timeout(60)
class ThreadsTest {
    private static boolean alive(String name) {
        return Threads.alive().stream().anyMatch(thread -> thread.getName().equals(name));
    }

    @Test
    void aThreadIsCountedWhileItRuns() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Runnable work = () -> {
            try {
                go.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        List<Thread> threads = List.of(Threads.virtual("test-light", work), Threads.platform("test-heavy", work));
        assertTrue(alive("test-light") && alive("test-heavy"));
        assertTrue(threads.getFirst().isVirtual());
        assertTrue(threads.getLast().isDaemon(), "it keeps no process alive");
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertFalse(alive("test-light") || alive("test-heavy"));
    }

    @Test
    void oneThatEndsWithAnErrorIsNotCountedEither() throws Exception {
        Threads.virtual("test-error", () -> {
                    throw new AssertionError("on purpose");
                })
                .join();
        assertFalse(alive("test-error"));
    }
}

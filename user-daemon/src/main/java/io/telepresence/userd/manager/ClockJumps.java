package io.telepresence.userd.manager;

import io.telepresence.run.Threads;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notices that this process stood still (suspend, SIGSTOP): a second took much longer than a second. */
final class ClockJumps implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClockJumps.class);
    private static final long JUMP_MILLIS = 5_000;
    private final CountDownLatch closed = new CountDownLatch(1);

    private ClockJumps() {}

    static ClockJumps watch(Runnable jumped) {
        ClockJumps jumps = new ClockJumps();
        Threads.virtual("clock-jumps", () -> jumps.run(jumped));
        return jumps;
    }

    private void run(Runnable jumped) {
        try {
            long last = System.currentTimeMillis();
            while (!closed.await(1, TimeUnit.SECONDS)) {
                long now = System.currentTimeMillis();
                if (now - last > JUMP_MILLIS) {
                    LOG.info("this process stood still for {} s", (now - last) / 1000);
                    jumped.run();
                }
                last = now;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}

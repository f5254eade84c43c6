package io.telepresence.run;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a task after changes, on a thread of its own: at once after a quiet time, else no more often than every 200 ms.
 * Changes that come while it waits or runs are merged into one more run.
 */
public final class Coalesced implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Coalesced.class);
    private static final Duration APART = Duration.ofMillis(200);

    private final Runnable task;
    private final Thread thread;
    private boolean dirty;
    private boolean closed;

    public Coalesced(String name, Runnable task) {
        this.task = task;
        this.thread = Threads.virtual(name, this::loop);
    }

    /** Any thread; returns at once. */
    public synchronized void changed() {
        dirty = true;
        notifyAll();
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
        thread.interrupt();
    }

    private void loop() {
        try {
            while (awaitChange()) {
                run();
                Thread.sleep(APART);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One that fails is one that saw nothing: the next change is another try. */
    private void run() {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("looking at changes failed", e);
        }
    }

    private synchronized boolean awaitChange() throws InterruptedException {
        while (!dirty && !closed) {
            wait();
        }
        dirty = false;
        return !closed;
    }
}

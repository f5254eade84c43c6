package io.telepresence.manager;

import io.telepresence.run.Threads;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done later, or again and again: each task on a thread of its own, until it is closed. A failure is in the log. */
final class ManagerTimers {
    private static final Logger LOG = LoggerFactory.getLogger(ManagerTimers.class);

    private ManagerTimers() {}

    interface Task {
        void run() throws InterruptedException;
    }

    static AutoCloseable once(String name, Duration after, Task task) {
        Thread thread = Threads.virtual(name, () -> {
            try {
                Thread.sleep(after);
                run(name, task);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return thread::interrupt;
    }

    /** @param apart from the end of one run to the beginning of the next; the first comes after that, too */
    static AutoCloseable every(String name, Duration apart, Task task) {
        Thread thread = Threads.virtual(name, () -> {
            try {
                while (true) {
                    Thread.sleep(apart);
                    run(name, task);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return thread::interrupt;
    }

    private static void run(String name, Task task) throws InterruptedException {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.warn("{} failed", name, e);
        }
    }
}

package io.telepresence.run;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place where threads are started, so that each has a name, its uncaught errors reach the log, and tests can
 * see what is still running (virtual threads do not show up in {@link Thread#getAllStackTraces()}).
 */
public final class Threads {
    private static final Logger LOG = LoggerFactory.getLogger(Threads.class);
    private static final Set<Thread> ALIVE = ConcurrentHashMap.newKeySet();

    private Threads() {}

    /** Starts a virtual thread. Not for loops of native calls: those pin a carrier thread. */
    public static Thread virtual(String name, Runnable work) {
        return start(Thread.ofVirtual().name(name).unstarted(counted(work)));
    }

    /** Starts a daemon platform thread, for loops of native calls. */
    public static Thread platform(String name, Runnable work) {
        return start(Thread.ofPlatform().daemon().name(name).unstarted(counted(work)));
    }

    /** The threads started here that have not ended yet. */
    public static Set<Thread> alive() {
        return Set.copyOf(ALIVE);
    }

    private static Thread start(Thread thread) {
        ALIVE.add(thread);
        thread.start();
        return thread;
    }

    private static Runnable counted(Runnable work) {
        return () -> {
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                LOG.error(
                        "thread {} ended with an error", Thread.currentThread().getName(), e);
            } finally {
                ALIVE.remove(Thread.currentThread());
            }
        };
    }
}

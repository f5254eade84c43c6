package io.telepresence.e2e.harness;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** How long the tests have done one kind of thing, so far. What is begun inside of something else counts as that. */
public final class Stopwatch {
    /** For something to become true. */
    public static final Stopwatch WAITING = new Stopwatch();
    /** For a command to end. */
    public static final Stopwatch COMMANDS = new Stopwatch();

    private static final ThreadLocal<Stopwatch> RUNS = new ThreadLocal<>();

    private final AtomicLong nanos = new AtomicLong();

    public Stopwatch() {}

    public <T> T time(Supplier<T> work) {
        if (RUNS.get() != null) {
            return work.get();
        }
        RUNS.set(this);
        long start = System.nanoTime();
        try {
            return work.get();
        } finally {
            nanos.addAndGet(System.nanoTime() - start);
            RUNS.remove();
        }
    }

    public long nanos() {
        return nanos.get();
    }
}

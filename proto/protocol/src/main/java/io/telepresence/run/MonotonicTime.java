package io.telepresence.run;

import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * Time that only passes: the wall clock of its making, and what has passed since. Whoever corrects the clock of the
 * machine ends nobody's session. For spans of time; it may differ from the wall clock. Any thread.
 */
public final class MonotonicTime implements InstantSource {
    private final Instant start;
    private final LongSupplier nanos;
    private final long begin;

    MonotonicTime(Instant start, LongSupplier nanos) {
        this.start = start;
        this.nanos = nanos;
        this.begin = nanos.getAsLong();
    }

    public static MonotonicTime start() {
        return new MonotonicTime(Instant.now(), System::nanoTime);
    }

    @Override
    public Instant instant() {
        return start.plusNanos(nanos.getAsLong() - begin);
    }
}

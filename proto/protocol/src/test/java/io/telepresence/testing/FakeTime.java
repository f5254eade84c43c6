package io.telepresence.testing;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * Time that moves only when a test says so, as instants and as {@link System#nanoTime}. What is to happen at a moment happens on
 * the thread that moves it there. Any thread may look.
 */
public final class FakeTime implements InstantSource, LongSupplier {
    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

    private final TreeMap<Duration, Runnable> events = new TreeMap<>();
    private volatile Duration now = Duration.ZERO;

    /** @param moment since the beginning; what is there for the same moment already happens before */
    public FakeTime at(Duration moment, Runnable then) {
        events.merge(moment, then, (one, other) -> () -> {
            one.run();
            other.run();
        });
        return this;
    }

    public void advance(Duration by) {
        Duration end = now.plus(by);
        for (Map.Entry<Duration, Runnable> next = events.firstEntry();
                next != null && next.getKey().compareTo(end) <= 0;
                next = events.firstEntry()) {
            now = next.getKey().compareTo(now) > 0 ? next.getKey() : now;
            events.remove(next.getKey());
            next.getValue().run();
        }
        now = end;
    }

    /** Since the beginning. */
    public Duration now() {
        return now;
    }

    @Override
    public Instant instant() {
        return BEGIN.plus(now);
    }

    /** Nanoseconds since the beginning. */
    @Override
    public long getAsLong() {
        return now.toNanos();
    }
}

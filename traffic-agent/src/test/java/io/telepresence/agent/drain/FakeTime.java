package io.telepresence.agent.drain;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** Time that passes only while somebody pauses; what is to happen at a moment happens then. */
final class FakeTime implements Time {
    private final TreeMap<Long, Runnable> events = new TreeMap<>();
    private long now;

    FakeTime at(Duration moment, Runnable then) {
        events.merge(moment.toNanos(), then, (one, other) -> () -> {
            one.run();
            other.run();
        });
        return this;
    }

    Duration now() {
        return Duration.ofNanos(now);
    }

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public void pause(Duration length) {
        long end = now + length.toNanos();
        for (Map.Entry<Long, Runnable> next = events.firstEntry();
                next != null && next.getKey() <= end;
                next = events.firstEntry()) {
            now = Math.max(now, next.getKey());
            events.remove(next.getKey());
            next.getValue().run();
        }
        now = end;
    }
}

package io.telepresence.run;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Growing waits between tries: doubles from {@code first} up to {@code most}, each with up to a fifth of jitter. */
public final class Backoff {
    private final Duration first;
    private final Duration most;
    private Duration next;

    public Backoff(Duration first, Duration most) {
        this.first = first;
        this.most = most;
        this.next = first;
    }

    /** How long to wait before the next try. */
    public synchronized Duration next() {
        Duration now = next;
        Duration doubled = now.multipliedBy(2);
        next = doubled.compareTo(most) > 0 ? most : doubled;
        return now.plusMillis(ThreadLocalRandom.current().nextLong(now.toMillis() / 5 + 1));
    }

    /** After a success: start small again. */
    public synchronized void reset() {
        next = first;
    }
}

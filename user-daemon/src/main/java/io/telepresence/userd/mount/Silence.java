package io.telepresence.userd.mount;

import java.time.Duration;

/** For how long somebody has waited for an answer without hearing anything. Thread-safe. */
final class Silence {
    /** How long a request may wait while no byte comes. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private long waiting;
    private long sinceNanos;

    /** So many requests were begun. */
    synchronized void asked(int requests, long nowNanos) {
        if (waiting <= 0 && requests > 0) {
            sinceNanos = nowNanos;
        }
        waiting += requests;
    }

    /** Bytes came, and with them the beginnings of so many answers. */
    synchronized void heard(int answers, long nowNanos) {
        waiting -= answers;
        sinceNanos = nowNanos;
    }

    /** Zero: nobody waits. */
    synchronized long nanos(long nowNanos) {
        return waiting > 0 ? nowNanos - sinceNanos : 0;
    }
}

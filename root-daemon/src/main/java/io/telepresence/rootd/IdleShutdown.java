package io.telepresence.rootd;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long the daemon lives: until it is told to quit; or, unless it is a service, for {@link #ALONE} after its last
 * caller was lost without a word (or never came). A caller that ended its session in order may come back any time.
 * Thread-safe.
 */
final class IdleShutdown {
    /** Long enough for a user daemon that crashed to be started again. */
    static final Duration ALONE = Duration.ofSeconds(60);

    private final boolean service;
    private final LongSupplier nanoTime;
    private int sessions;
    private boolean alone = true;
    private long since;
    private String end = "";

    IdleShutdown(boolean service, LongSupplier nanoTime) {
        this.service = service;
        this.nanoTime = nanoTime;
        this.since = nanoTime.getAsLong();
    }

    synchronized void called() {
        since = nanoTime.getAsLong();
    }

    synchronized void sessionBegins() {
        sessions++;
        alone = false;
        called();
    }

    synchronized void sessionEnds() {
        sessions--;
        called();
    }

    /** The caller of the session vanished instead of ending it. */
    synchronized void lostCaller() {
        alone = true;
        called();
    }

    synchronized void quit(String why) {
        end = why;
        notifyAll();
    }

    /** Why the daemon should end now; empty: it should not. */
    synchronized String over() {
        boolean forgotten = !service && alone && sessions == 0 && nanoTime.getAsLong() - since > ALONE.toNanos();
        return end.isEmpty() && forgotten ? "no call for " + ALONE.toSeconds() + " s" : end;
    }

    /** Blocks until the daemon should end; why. */
    synchronized String awaitEnd() throws InterruptedException {
        while (over().isEmpty()) {
            wait(1000);
        }
        return over();
    }
}

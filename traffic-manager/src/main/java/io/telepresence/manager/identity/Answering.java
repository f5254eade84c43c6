package io.telepresence.manager.identity;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Since when the API server has been answering without a break, as far as anybody has looked: a failure is a break, and so is a
 * time in which nobody looked. Thread-safe.
 */
final class Answering {
    /** So often it is looked at, where somebody wants to know. */
    static final Duration APART = Duration.ofSeconds(5);

    /** Looks that are further apart say nothing of the time between them. */
    private static final Duration UNSEEN = Duration.ofSeconds(20);

    private final InstantSource time;
    private Instant since = Instant.MAX;
    private Instant last = Instant.MIN;

    Answering(InstantSource time) {
        this.time = time;
    }

    /**
     * @param answered what has just been seen
     * @return whether that is news
     */
    synchronized boolean saw(boolean answered) {
        Instant now = time.instant();
        boolean news = last.equals(Instant.MIN) || answered == since.equals(Instant.MAX);
        boolean gap = now.minus(UNSEEN).isAfter(last);
        if (!answered) {
            since = Instant.MAX;
        } else if (gap || since.equals(Instant.MAX)) {
            since = now;
        }
        last = now;
        return news;
    }

    /** Whether it is time to look again. */
    synchronized boolean due() {
        return !time.instant().minus(APART).isBefore(last);
    }

    /** Whether it has been answering for so long, up to now. */
    synchronized boolean lasted(Duration span) {
        Instant now = time.instant();
        return !now.minus(UNSEEN).isAfter(last) && !now.minus(span).isBefore(since);
    }
}

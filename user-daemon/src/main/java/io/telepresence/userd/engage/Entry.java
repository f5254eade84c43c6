package io.telepresence.userd.engage;

import io.telepresence.engagement.Engagement;
import io.telepresence.engagement.EngagementState;
import java.util.concurrent.CompletableFuture;

/**
 * One engagement: RESERVED → ESTABLISHED → LEAVING → over. Its fields belong to {@link ClientEngagements} and are guarded
 * by its lock, apart from what is final or volatile.
 */
final class Entry {
    /** What the manager said first: where on this laptop it leads does not change any more. */
    final Engagement agreed;

    /** What the manager said last. */
    volatile Engagement told;

    /** What this laptop has of it. */
    final EngagementResources local;

    /** Complete, with the reason, once it is over, whoever ended it. */
    final CompletableFuture<String> ended = new CompletableFuture<>();

    /** The manager has said that it serves. */
    boolean established;

    /** A snapshot of the manager had it. */
    boolean seen;

    boolean leaving;

    Entry(Engagement told, EngagementResources local) {
        this.agreed = told;
        this.told = told;
        this.local = local;
    }

    /** As the manager reports it, but it is {@link EngagementState#TERMINATING} as soon as the user leaves it. */
    Engagement now() {
        return leaving ? told.with(EngagementState.TERMINATING) : told;
    }
}

package io.telepresence.manager.engagement;

import io.telepresence.engagement.EngagementState;
import java.util.List;

/**
 * Follows one engagement from its entry on, and is not taken in by another one that gets its name after it. Changes
 * under the registry's lock; asked from any thread. Close it.
 */
public final class PendingEngagement implements AutoCloseable {
    private final String id;
    private final AutoCloseable watch;
    /** Null: it is not there any more. */
    private volatile EngagementState last = EngagementState.WAITING;

    private PendingEngagement(EngagementRegistry engagements, String id) {
        this.id = id;
        this.watch = engagements.all().watch(this::changed);
    }

    public static PendingEngagement follow(EngagementRegistry engagements, String id) {
        return new PendingEngagement(engagements, id);
    }

    String id() {
        return id;
    }

    public boolean waits() {
        return last == EngagementState.WAITING;
    }

    /** Nobody else brings it to its end. */
    boolean isOurs() {
        return last != null && last != EngagementState.TERMINATING;
    }

    private void changed(List<RegisteredEngagement> all) {
        EngagementState now = all.stream()
                .filter(e -> e.id().equals(id))
                .map(RegisteredEngagement::state)
                .findFirst()
                .orElse(null);
        boolean another = last == null || last == EngagementState.REMOVED && now != EngagementState.REMOVED;
        last = another ? null : now;
    }

    @Override
    public void close() {
        try {
            watch.close();
        } catch (Exception e) {
            throw new IllegalStateException("ending a watch", e);
        }
    }
}

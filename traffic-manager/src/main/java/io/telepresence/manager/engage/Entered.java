package io.telepresence.manager.engage;

import io.telepresence.manager.engage.Engagement.Disposition;
import java.util.List;

/**
 * Follows one engagement from its entry on, and is not taken in by another one that gets its name after it. Changes
 * under the registry's lock; asked from any thread. Close it.
 */
final class Entered implements AutoCloseable {
    private final String id;
    private final AutoCloseable watch;
    /** Null: it is not there any more. */
    private volatile Disposition last = Disposition.WAITING;

    private Entered(Engagements engagements, String id) {
        this.id = id;
        this.watch = engagements.all().watch(this::changed);
    }

    static Entered follow(Engagements engagements, String id) {
        return new Entered(engagements, id);
    }

    String id() {
        return id;
    }

    boolean waits() {
        return last == Disposition.WAITING;
    }

    /** Nobody else brings it to its end. */
    boolean isOurs() {
        return last != null && last != Disposition.ENDING;
    }

    private void changed(List<Engagement> all) {
        Disposition now = all.stream()
                .filter(e -> e.id().equals(id))
                .map(Engagement::disposition)
                .findFirst()
                .orElse(null);
        boolean another = last == null || last == Disposition.BAD_ARGS && now != Disposition.BAD_ARGS;
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

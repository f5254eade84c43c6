package io.telepresence.manager.session;

import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One client or agent that has arrived and is not gone. Whoever knows its id, and reaches the port it arrived at, is
 * it. Any thread.
 */
public abstract sealed class PeerSession permits ClientSession, AgentSession {
    private final String id;
    private final Set<Ending> endings = new LinkedHashSet<>();
    private Instant lastSign;
    /** Null: it has not. */
    private String ended;

    PeerSession(String id, Instant now) {
        this.id = id;
        this.lastSign = now;
    }

    /**
     * The credential of the peer. It leaves this package only in {@link SessionRegistry.Arrival#credential}, for the answer to
     * the peer itself: what others may see of a session is {@link #toString}, or the id of an engagement.
     */
    final String id() {
        return id;
    }

    /**
     * Runs {@code task} when the session ends, or at once if it has ended. Closing the result takes the task back. The
     * task must not block.
     */
    public final Ending onEnd(Runnable task) {
        Ending ending = new Ending(this, task);
        synchronized (this) {
            if (ended == null) {
                endings.add(ending);
                return ending;
            }
        }
        task.run();
        return ending;
    }

    public final synchronized boolean ended() {
        return ended != null;
    }

    /** A sentence, may be from outside; empty: it has not ended. */
    public final synchronized String whyEnded() {
        return ended == null ? "" : ended;
    }

    final synchronized void sign(Instant now) {
        lastSign = now;
    }

    final synchronized boolean silentSince(Instant limit) {
        return lastSign.isBefore(limit);
    }

    final void end(String why) {
        List<Ending> tasks;
        synchronized (this) {
            if (ended != null) {
                return;
            }
            ended = why;
            tasks = List.copyOf(endings).reversed();
            endings.clear();
        }
        tasks.forEach(e -> e.task.run());
    }

    private synchronized void forget(Ending ending) {
        endings.remove(ending);
    }

    /** A task that waits for the end of a session. */
    public static final class Ending implements AutoCloseable {
        private final PeerSession session;
        private final Runnable task;

        private Ending(PeerSession session, Runnable task) {
            this.session = session;
            this.task = task;
        }

        @Override
        public void close() {
            session.forget(this);
        }
    }
}

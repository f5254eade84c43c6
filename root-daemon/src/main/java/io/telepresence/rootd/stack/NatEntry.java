package io.telepresence.rootd.stack;

import io.telepresence.rootd.ip.Tuple;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.ResetReason;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A redirected TCP connection, from its first SYN until nobody can send a packet of it any more.
 *
 * <p>DIALLING (SYN held) → LET_IN (SYN handed to the listener) → ACCEPTED → CLOSED (only late packets) → REPLACED (a
 * younger connection has the same 4-tuple; nothing passes). Each may be left out, none comes again. Any thread may ask
 * for a step; who makes it is told so.
 */
final class NatEntry {
    private final Tuple app;
    private final int initialSequence;
    private final Redirection redirection;
    private final AtomicReference<State> state = new AtomicReference<>(State.DIALLING);
    private volatile Flow flow;
    private volatile long touchedNanos;

    enum State {
        DIALLING,
        LET_IN,
        ACCEPTED,
        CLOSED,
        REPLACED
    }

    /** Where the connection seems to come from, and the two rewrites. */
    record Redirection(NatAddress spare, int port, Rewrite forward, Rewrite back) {
        static Redirection of(Tuple app, NatFamily family, NatAddress spare, int port) {
            Tuple inner = Tuple.of(spare.address(), port, family.own(), family.port());
            return new Redirection(spare, port, new Rewrite(app, inner), new Rewrite(inner.swapped(), app.swapped()));
        }
    }

    NatEntry(Tuple app, int initialSequence, Redirection redirection, long nowNanos) {
        this.app = app;
        this.initialSequence = initialSequence;
        this.redirection = redirection;
        this.touchedNanos = nowNanos;
    }

    /** As the program sees it: from itself to where it wants to go. */
    Tuple app() {
        return app;
    }

    Redirection redirection() {
        return redirection;
    }

    State state() {
        return state.get();
    }

    boolean isOver() {
        return state.get().compareTo(State.CLOSED) >= 0;
    }

    /** The SYN with this sequence number asked for this connection, not for a new one with the same 4-tuple. */
    boolean startedBy(int sequence) {
        return initialSequence == sequence;
    }

    void flow(Flow opened) {
        flow = opened;
    }

    Flow flow() {
        return flow;
    }

    /** Ends the flow too, if there is one; from any thread. */
    void abort(String why) {
        Flow now = flow;
        if (now != null) {
            now.reset(ResetReason.ABORTED, why);
        }
    }

    boolean letIn(long nowNanos) {
        touch(nowNanos);
        return state.compareAndSet(State.DIALLING, State.LET_IN);
    }

    boolean accept() {
        return state.compareAndSet(State.LET_IN, State.ACCEPTED);
    }

    /** Closes from whatever state; false if it was over already. */
    boolean close(long nowNanos) {
        touch(nowNanos);
        return moveTo(State.CLOSED) != null;
    }

    /** Closes and lets no packet pass any more; tells the state before, or null if it was replaced already. */
    State replace(long nowNanos) {
        touch(nowNanos);
        return moveTo(State.REPLACED);
    }

    private State moveTo(State next) {
        State before;
        do {
            before = state.get();
            if (before.compareTo(next) >= 0) {
                return null;
            }
        } while (!state.compareAndSet(before, next));
        return before;
    }

    /** A packet passed, or the state changed. */
    void touch(long nowNanos) {
        touchedNanos = nowNanos;
    }

    long quietNanos(long nowNanos) {
        return nowNanos - touchedNanos;
    }

    @Override
    public String toString() {
        return app.source() + ":" + app.sourcePort() + " -> " + app.destination() + ":" + app.destinationPort() + " "
                + state.get();
    }
}

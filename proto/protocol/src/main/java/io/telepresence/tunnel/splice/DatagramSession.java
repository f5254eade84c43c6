package io.telepresence.tunnel.splice;

import io.netty.buffer.ByteBuf;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * The datagrams of one local sender, through a flow of its own. At most {@link #MOST_WAITING} wait while the flow opens or
 * on their way to its loop; once it is open, those that find no credit are dropped. One thread offers; the rest happens on
 * the flow's loop.
 */
public final class DatagramSession implements FlowHandler {
    /** Datagrams. */
    public static final int MOST_WAITING = 64;

    private static final int CREDIT = 64;

    private final Peer peer;
    private final LongSupplier nanoClock;
    private final AtomicInteger waiting = new AtomicInteger();
    private final Queue<ByteBuf> early = new ArrayDeque<>();
    private volatile Flow flow;
    private volatile long lastNanos;
    /** Written on the flow's loop. */
    private volatile State state = State.OPENING;

    private enum State {
        OPENING,
        OPEN,
        OVER
    }

    /** The local sender. On the flow's loop, but for {@link #onEnded}. */
    public interface Peer {
        /** A datagram for it, which it releases. Runs {@code taken} once, on any thread, when it has room for another. */
        void deliver(ByteBuf data, Runnable taken);

        /** @param opened false: the far side was never reached */
        default void onCut(ResetReason why, boolean opened) {}

        /** No datagram passes any more. At least once; also from the offering thread, when the loop has ended. */
        void onEnded();
    }

    /** @param nanoClock as {@link System#nanoTime} */
    public DatagramSession(Peer peer, LongSupplier nanoClock) {
        this.peer = peer;
        this.nanoClock = nanoClock;
        lastNanos = nanoClock.getAsLong();
    }

    /** The flow that this handles; before the first {@link #offer}. */
    public void through(Flow opening) {
        flow = opening;
    }

    /** Whether there is room; if not, the datagram need not be copied. */
    public boolean mayOffer() {
        return waiting.get() < MOST_WAITING;
    }

    /** Takes the datagram over. */
    public void offer(ByteBuf data) {
        lastNanos = nanoClock.getAsLong();
        if (!mayOffer()) {
            data.release();
            return;
        }
        waiting.incrementAndGet();
        try {
            flow.loop().execute(() -> send(data));
        } catch (RejectedExecutionException e) {
            data.release();
            peer.onEnded(); // its connection has ended, and the flow with it
        }
    }

    private void send(ByteBuf data) {
        if (state == State.OPENING) {
            early.add(data);
            return;
        }
        waiting.decrementAndGet();
        if (state == State.OPEN && flow.isWritable()) {
            flow.write(data);
        } else {
            data.release();
        }
    }

    /** Since the last datagram of either direction. */
    public long idleNanos(long nowNanos) {
        return nowNanos - lastNanos;
    }

    public boolean over() {
        return state == State.OVER;
    }

    /** From any thread. {@link Peer#onEnded} follows. */
    public void end(ResetReason why, String text) {
        Flow now = flow;
        if (now == null) {
            return;
        }
        try {
            now.reset(why, text);
        } catch (RejectedExecutionException e) {
            peer.onEnded();
        }
    }

    @Override
    public void onOpened(Flow opened) {
        state = State.OPEN;
        opened.request(CREDIT);
        for (ByteBuf data = early.poll(); data != null; data = early.poll()) {
            waiting.decrementAndGet();
            opened.write(data);
        }
    }

    @Override
    public void onData(Flow same, ByteBuf data) {
        lastNanos = nanoClock.getAsLong();
        peer.deliver(data, () -> same.request(1));
    }

    @Override
    public void onFinished(Flow same) {
        same.finish();
    }

    @Override
    public void onReset(Flow same, ResetReason why, String text) {
        peer.onCut(why, state == State.OPEN);
    }

    @Override
    public void onClosed(Flow same) {
        state = State.OVER;
        peer.onEnded();
        for (ByteBuf data = early.poll(); data != null; data = early.poll()) {
            waiting.decrementAndGet();
            data.release();
        }
    }
}

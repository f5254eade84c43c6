package io.telepresence.rootd.stack;

import io.netty.buffer.ByteBuf;
import io.telepresence.rootd.ip.Tuple;
import io.telepresence.rootd.ip.Unreachable;
import io.telepresence.rpc.tunnel.Reset;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * The datagrams of one 4-tuple. They wait while the flow is being opened; once it is open, those that find no credit are
 * dropped. The reader offers, everything else happens on the flow's loop.
 */
final class UdpFlow implements FlowHandler {
    /** Datagrams on their way to the flow. */
    static final int MOST_WAITING = 64;

    private static final int CREDIT = 64;

    private final Tuple tuple;
    private final DatagramsOut out;
    private final LongSupplier nanoClock;
    private final BiConsumer<Tuple, UdpFlow> ended;
    private final AtomicInteger waiting = new AtomicInteger();
    private final Life life = new Life();
    private volatile Flow flow;

    /** How far the flow is. */
    private static final class Life {
        final Queue<ByteBuf> early = new ArrayDeque<>();
        boolean open;
        boolean over;
        volatile long lastNanos;
    }

    UdpFlow(Tuple tuple, DatagramsOut out, LongSupplier nanoClock, BiConsumer<Tuple, UdpFlow> ended) {
        this.tuple = tuple;
        this.out = out;
        this.nanoClock = nanoClock;
        this.ended = ended;
        life.lastNanos = nanoClock.getAsLong();
    }

    Tuple tuple() {
        return tuple;
    }

    /** Before the first {@link #offer}. */
    void openedAs(Flow opened) {
        flow = opened;
    }

    boolean mayOffer() {
        return waiting.get() < MOST_WAITING;
    }

    /** Takes the datagram over. */
    void offer(ByteBuf data, long nowNanos) {
        life.lastNanos = nowNanos;
        waiting.incrementAndGet();
        try {
            flow.loop().execute(() -> send(data));
        } catch (RejectedExecutionException e) {
            data.release();
            ended.accept(tuple, this); // its carrier has ended, and the flow with it
        }
    }

    private void send(ByteBuf data) {
        if (life.over) {
            data.release();
        } else if (!life.open) {
            life.early.add(data);
            return;
        } else if (flow.isWritable()) {
            flow.write(data);
        } else {
            data.release();
        }
        waiting.decrementAndGet();
    }

    long idleNanos(long nowNanos) {
        return nowNanos - life.lastNanos;
    }

    /** From any thread. */
    void end(Reset.Why why, String text) {
        Flow now = flow;
        if (now != null) {
            now.reset(why, text);
        }
    }

    @Override
    public void onOpened(Flow opened) {
        life.open = true;
        opened.request(CREDIT);
        for (ByteBuf data = life.early.poll(); data != null; data = life.early.poll()) {
            waiting.decrementAndGet();
            opened.write(data);
        }
    }

    @Override
    public void onData(Flow same, ByteBuf data) {
        life.lastNanos = nanoClock.getAsLong();
        try {
            out.send(tuple.swapped(), data);
        } finally {
            data.release();
            same.request(1);
        }
    }

    @Override
    public void onFinished(Flow same) {
        same.finish();
    }

    @Override
    public void onReset(Flow same, Reset.Why why, String text) {
        switch (why) {
            case REFUSED -> out.unreachable(Unreachable.PORT, tuple);
            case DENIED -> out.unreachable(Unreachable.PROHIBITED, tuple);
            case UNREACHABLE, NO_CLIENT -> out.unreachable(Unreachable.HOST, tuple);
            case TIMED_OUT, ABORTED, UNSPECIFIED, UNRECOGNIZED -> {
                if (!life.open) { // else the far end closed its socket, which UDP does without a word
                    out.unreachable(Unreachable.HOST, tuple);
                }
            }
        }
    }

    @Override
    public void onClosed(Flow same) {
        life.over = true;
        ended.accept(tuple, this);
        for (ByteBuf data = life.early.poll(); data != null; data = life.early.poll()) {
            waiting.decrementAndGet();
            data.release();
        }
    }
}

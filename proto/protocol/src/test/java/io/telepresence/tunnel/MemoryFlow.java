package io.telepresence.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.Queue;

/** One of two ends of a flow in memory, on one loop. {@link FlowContract} says what it does. */
public final class MemoryFlow implements Flow {
    private final FlowKey key;
    private final EventLoop loop;
    private final boolean accepting;
    /** What has come, and was not asked for yet. */
    private final Queue<Runnable> arrived = new ArrayDeque<>();

    private MemoryFlow peer;
    private FlowHandler handler = FlowHandler.DISCARD;
    private int credit;
    private boolean sentFinished;
    private boolean gotFinished;
    private boolean closed;

    private MemoryFlow(FlowKey key, EventLoop loop, boolean accepting) {
        this.key = key;
        this.loop = loop;
        this.accepting = accepting;
    }

    /** Both ends of one flow. */
    public record Pair(MemoryFlow opening, MemoryFlow accepting) {}

    public static Pair pair(FlowKey key, EventLoop loop) {
        MemoryFlow opening = new MemoryFlow(key, loop, false);
        MemoryFlow accepting = new MemoryFlow(key, loop, true);
        opening.peer = accepting;
        accepting.peer = opening;
        return new Pair(opening, accepting);
    }

    @Override
    public FlowKey key() {
        return key;
    }

    @Override
    public EventLoop loop() {
        return loop;
    }

    @Override
    public void handler(FlowHandler next) {
        if (closed) {
            next.onReset(this, ResetReason.ABORTED, "the flow is over");
            next.onClosed(this);
        } else {
            handler = next;
        }
    }

    @Override
    public void opened() {
        if (!closed && accepting) {
            peer.arrives(() -> peer.handler.onOpened(peer));
        }
    }

    @Override
    public boolean isWritable() {
        return !closed;
    }

    @Override
    public void write(ByteBuf data) {
        if (closed || sentFinished) {
            data.release();
        } else {
            peer.arrives(() -> peer.handler.onData(peer, data));
        }
    }

    @Override
    public void finish() {
        if (!closed && !sentFinished) {
            sentFinished = true;
            peer.arrives(() -> {
                peer.gotFinished = true;
                peer.handler.onFinished(peer);
                peer.closeIfDone();
            });
            closeIfDone();
        }
    }

    @Override
    public void reset(ResetReason why, String text) {
        if (!loop.inEventLoop()) {
            loop.execute(() -> reset(why, text));
        } else if (!closed) {
            close();
            loop.execute(() -> peer.cut(why, text));
        }
    }

    @Override
    public void request(int frames) {
        if (loop.inEventLoop()) {
            credit += frames;
            deliver();
        } else {
            loop.execute(() -> request(frames));
        }
    }

    private void arrives(Runnable frame) {
        loop.execute(() -> {
            arrived.add(frame);
            deliver();
        });
    }

    private void deliver() {
        while (!closed && credit > 0 && !arrived.isEmpty()) {
            credit--;
            arrived.remove().run();
        }
    }

    private void cut(ResetReason why, String text) {
        if (!closed) {
            handler.onReset(this, why, text);
            close();
        }
    }

    private void closeIfDone() {
        if (sentFinished && gotFinished && !closed) {
            close();
        }
    }

    private void close() {
        closed = true;
        FlowHandler last = handler;
        handler = FlowHandler.DISCARD;
        // Data that nobody has asked for goes to nobody.
        arrived.forEach(Runnable::run);
        arrived.clear();
        last.onClosed(this);
    }
}

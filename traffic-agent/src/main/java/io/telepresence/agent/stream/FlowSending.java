package io.telepresence.agent.stream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The direction of a {@link FlowChannel} that goes out: carries buffers from the channel's loop to the flow's, and news
 * of credit back.
 */
final class FlowSending {
    private static final int LINGER_SECONDS = 30;

    private final Flow flow;
    private final EventLoop home;
    private final Runnable room;
    /** Bytes handed over that the flow had no credit for yet. */
    private final AtomicInteger waiting = new AtomicInteger();
    /** The channel's loop stopped sending and wants to hear of room. */
    private final AtomicBoolean stalled = new AtomicBoolean();
    /** Bytes written to the flow that it had no credit for; flow's loop, as what follows. */
    private int owed;

    private boolean over;

    /**
     * @param home the channel's loop
     * @param room called there when there is room after there was none
     */
    FlowSending(Flow flow, EventLoop home, Runnable room) {
        this.flow = flow;
        this.home = home;
        this.room = room;
    }

    /** Whether fewer than so many bytes wait; if not, {@code room} will be called. Channel's loop. */
    boolean hasRoom(int limit) {
        if (waiting.get() < limit) {
            return true;
        }
        stalled.set(true);
        return waiting.get() < limit && stalled.compareAndSet(true, false);
    }

    /** Channel's loop; owns {@code data}. */
    void send(ByteBuf data) {
        int bytes = data.readableBytes();
        waiting.addAndGet(bytes);
        boolean taken = on(() -> {
            flow.write(data);
            owed += bytes;
            repay();
        });
        if (!taken) {
            waiting.addAndGet(-bytes);
            data.release();
        }
    }

    /** Channel's loop. */
    void finish() {
        on(flow::finish);
    }

    /**
     * The channel is closed: what was written still arrives, then the end; a peer that goes on sending is reset, as a
     * closed socket does. Channel's loop.
     *
     * @param peerFinished whether the peer's end was seen
     */
    void close(boolean peerFinished) {
        on(() -> {
            if (over) {
                return;
            }
            flow.finish();
            if (!over && !peerFinished) {
                flow.handler(new Closing(flow.loop()
                        .schedule(
                                () -> flow.reset(ResetReason.ABORTED, "connection closed"),
                                LINGER_SECONDS,
                                TimeUnit.SECONDS)));
                flow.request(1);
            }
        });
    }

    /** Flow's loop. */
    void writable() {
        repay();
    }

    /** Flow's loop: whatever is written from now on is dropped. */
    void closed() {
        over = true;
        repay();
    }

    private void repay() {
        if (owed > 0 && (over || flow.isWritable())) {
            int bytes = owed;
            owed = 0;
            waiting.addAndGet(-bytes);
            if (stalled.compareAndSet(true, false)) {
                home.execute(room);
            }
        }
    }

    /** False: the flow's loop has ended, and the flow with it. */
    private boolean on(Runnable task) {
        if (flow.loop().inEventLoop()) {
            task.run();
            return true;
        }
        try {
            flow.loop().execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Waits for the peer's end, and takes no more data. */
    private final class Closing implements FlowHandler {
        private final Future<?> limit;

        Closing(Future<?> limit) {
            this.limit = limit;
        }

        @Override
        public void onData(Flow same, ByteBuf data) {
            data.release();
            same.reset(ResetReason.ABORTED, "connection closed");
        }

        @Override
        public void onClosed(Flow same) {
            over = true;
            limit.cancel(false);
        }
    }
}

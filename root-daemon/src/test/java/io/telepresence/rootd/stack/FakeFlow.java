package io.telepresence.rootd.stack;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReason;
import java.util.ArrayList;
import java.util.List;

/** A flow whose far end is the test. Everything happens on the thread of the test. */
final class FakeFlow implements Flow {
    final List<byte[]> written = new ArrayList<>();
    boolean writable = true;
    boolean finished;
    int credit;
    ResetReason resetByUs;
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final FlowKey key;
    private FlowHandler handler;
    private boolean closed;

    FakeFlow(FlowKey key, FlowHandler handler) {
        this.key = key;
        this.handler = handler;
    }

    void farOpened() {
        handler.onOpened(this);
    }

    void farReset(ResetReason why) {
        handler.onReset(this, why, "by the test");
        close();
    }

    void farData(byte... data) {
        credit--;
        handler.onData(this, Unpooled.wrappedBuffer(data));
    }

    /** Runs what was put on the loop. */
    void runLoop() {
        channel.runPendingTasks();
    }

    private void close() {
        if (!closed) {
            closed = true;
            handler.onClosed(this);
        }
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public FlowKey key() {
        return key;
    }

    @Override
    public EventLoop loop() {
        return channel.eventLoop();
    }

    @Override
    public void handler(FlowHandler next) {
        handler = next;
    }

    @Override
    public void opened() {
        throw new AssertionError("the stack is the opening end");
    }

    @Override
    public boolean isWritable() {
        return writable && !closed;
    }

    @Override
    public void write(ByteBuf data) {
        written.add(ByteBufUtil.getBytes(data));
        data.release();
    }

    @Override
    public void finish() {
        finished = true;
    }

    @Override
    public void reset(ResetReason why, String text) {
        if (!closed) {
            resetByUs = why;
            close();
        }
    }

    @Override
    public void request(int frames) {
        credit += frames;
    }
}

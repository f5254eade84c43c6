package io.telepresence.agent.mirror;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.telepresence.agree.Transport;
import io.telepresence.local.Loops;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReason;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** A flow to a laptop that is the test, which is its loop and its clock too: nothing happens by itself. */
final class FakeMirrorFlow implements Flow {
    private static final FlowKey KEY = new FlowKey(
            Transport.TCP, new InetSocketAddress("127.0.0.1", 4321), new InetSocketAddress("127.0.0.1", 80));

    /** What was written, as text. */
    final StringBuilder written = new StringBuilder();

    boolean writable = true;
    boolean finished;
    boolean closed;
    ResetReason resetByUs;
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final FlowHandler handler;
    private EventLoop ended;
    private boolean farFinished;

    FakeMirrorFlow(FlowHandler handler) {
        this.handler = handler;
        channel.freezeTime();
    }

    /** From now on its loop takes no tasks, and nothing is heard of it. */
    void loopEnds() {
        EventLoopGroup loops = Loops.create("ended", 1);
        Loops.shutdown(loops);
        ended = (EventLoop) loops.iterator().next();
    }

    void run() {
        channel.runPendingTasks();
    }

    void pass(Duration time) {
        channel.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        channel.runPendingTasks();
    }

    void farOpened() {
        if (!closed) {
            handler.onOpened(this);
        }
    }

    void farData(String text) {
        if (!closed) {
            handler.onData(this, Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
        }
    }

    void farFinished() {
        if (!closed && !farFinished) {
            farFinished = true;
            handler.onFinished(this);
            closeIfDone();
        }
    }

    void farReset() {
        if (!closed) {
            handler.onReset(this, ResetReason.ABORTED, "by the test");
            close();
        }
    }

    void nowWritable() {
        writable = true;
        if (!closed) {
            handler.onWritable(this);
        }
    }

    private void closeIfDone() {
        if (finished && farFinished && !closed) {
            close();
        }
    }

    private void close() {
        closed = true;
        handler.onClosed(this);
    }

    @Override
    public FlowKey key() {
        return KEY;
    }

    @Override
    public EventLoop loop() {
        return ended == null ? channel.eventLoop() : ended;
    }

    @Override
    public void handler(FlowHandler next) {
        throw new AssertionError("a mirror stays its handler");
    }

    @Override
    public void opened() {
        throw new AssertionError("a mirror is the opening end");
    }

    @Override
    public boolean isWritable() {
        return writable && !closed;
    }

    @Override
    public void write(ByteBuf data) {
        if (!closed && !finished) {
            written.append(data.toString(StandardCharsets.US_ASCII));
        }
        data.release();
    }

    @Override
    public void finish() {
        if (!closed) {
            finished = true;
            closeIfDone();
        }
    }

    @Override
    public void reset(ResetReason why, String text) {
        if (ended != null) {
            throw new RejectedExecutionException("the loop has ended");
        }
        if (!closed) {
            resetByUs = why;
            close();
        }
    }

    @Override
    public void request(int frames) {}
}

package io.telepresence.tunnel.splice;

import io.netty.bootstrap.AbstractBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.ResetReasons;

/**
 * Joins a stream socket and a flow: bytes both ways with credit, half-close as half-close, reset as RST. Channel and
 * flow live on the same loop. Add it to the pipeline (or let it be the handler of a bootstrap with {@link #configure}),
 * then call {@link #start} once the flow is open and the channel active. After that it owns both.
 */
public final class ChannelPump extends ChannelInboundHandlerAdapter implements FlowHandler {
    /** Most bytes read from a socket at once, and so the size of a data frame. Quiet sockets get smaller buffers. */
    public static final int CHUNK = 256 << 10;

    private static final int LEAST = 2 << 10;
    private static final int FIRST = 16 << 10;

    /** Data frames that may be under way to the socket. */
    private static final int CREDIT = 4;

    private final Flow flow;
    private Channel channel;
    private int unwritten;
    private boolean started;
    private boolean stalled;
    private boolean peerFinished;
    private boolean flowClosed;

    public ChannelPump(Flow flow) {
        this.flow = flow;
    }

    /** Socket options that the pump relies on. */
    public static void configure(AbstractBootstrap<?, ?> bootstrap) {
        bootstrap
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.RECVBUF_ALLOCATOR, allocator());
    }

    /** The same for an accepted channel that is not registered yet. */
    public static void configure(Channel accepted) {
        ChannelConfig config = accepted.config();
        config.setAutoRead(false);
        config.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        config.setOption(ChannelOption.TCP_NODELAY, true);
        config.setRecvByteBufAllocator(allocator());
    }

    private static AdaptiveRecvByteBufAllocator allocator() {
        var allocator = new AdaptiveRecvByteBufAllocator(LEAST, FIRST, CHUNK);
        allocator.maxMessagesPerRead(4);
        return allocator;
    }

    /** Begins to pump; on the loop. */
    public void start(Channel active) {
        channel = active;
        started = true;
        if (flowClosed) {
            abort();
            return;
        }
        flow.handler(this);
        if (!active.isActive()) {
            // Nobody told: it ended before this was in its pipeline.
            flow.reset(ResetReason.ABORTED, "connection closed");
            return;
        }
        flow.request(CREDIT);
        readOrStall();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        flow.write((ByteBuf) message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (started) {
            readOrStall();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            flow.finish();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!started) {
            return; // epoll may report a socket before it is connected; a failed dial is told by its future
        }
        flow.reset(ResetReasons.of(cause), String.valueOf(cause.getMessage()));
        context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (!flowClosed) {
            flow.reset(ResetReason.ABORTED, "connection closed");
        }
    }

    @Override
    public void onWritable(Flow same) {
        if (stalled) {
            stalled = false;
            readOrStall();
        }
    }

    @Override
    public void onData(Flow same, ByteBuf data) {
        unwritten++;
        channel.writeAndFlush(data).addListener((ChannelFuture done) -> written(done.isSuccess(), done.cause()));
    }

    @Override
    public void onFinished(Flow same) {
        peerFinished = true;
        shutdownWhenWritten();
    }

    @Override
    public void onReset(Flow same, ResetReason why, String text) {
        flowClosed = true;
        abort();
    }

    @Override
    public void onClosed(Flow same) {
        flowClosed = true;
        closeWhenWritten();
    }

    private void readOrStall() {
        if (flow.isWritable()) {
            channel.read();
        } else {
            stalled = true;
        }
    }

    private void written(boolean success, Throwable cause) {
        unwritten--;
        if (success) {
            flow.request(1);
            shutdownWhenWritten();
            closeWhenWritten();
        } else {
            flow.reset(ResetReasons.of(cause), "writing: " + cause.getMessage());
            channel.close();
        }
    }

    private void shutdownWhenWritten() {
        if (peerFinished && unwritten == 0 && channel.isActive()) {
            ((DuplexChannel) channel).shutdownOutput();
        }
    }

    private void closeWhenWritten() {
        if (flowClosed && unwritten == 0 && channel != null) {
            channel.close();
        }
    }

    private void abort() {
        if (channel != null && channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }
    }
}

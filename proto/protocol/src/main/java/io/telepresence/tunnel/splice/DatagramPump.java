package io.telepresence.tunnel.splice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.ResetReasons;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Joins a connected socket of {@link DatagramSockets} and a flow: each data frame is one datagram. Ends after {@code idle} without a
 * datagram either way. Without credit datagrams from the socket are dropped, as a network would. Same loop for both.
 */
public final class DatagramPump extends ChannelInboundHandlerAdapter implements FlowHandler {
    private static final int CREDIT = 64;

    private final Flow flow;
    private final long idleNanos;
    private Channel channel;
    private ScheduledFuture<?> idleCheck;
    private long lastNanos = System.nanoTime();
    private boolean flowClosed;

    public DatagramPump(Flow flow, Duration idle) {
        this.flow = flow;
        this.idleNanos = idle.toNanos();
    }

    /** Begins to pump; on the loop. */
    public void start(Channel connected) {
        channel = connected;
        if (flowClosed) {
            channel.close();
            return;
        }
        flow.handler(this);
        if (!connected.isOpen()) {
            flow.reset(ResetReason.ABORTED, "socket closed");
            return;
        }
        flow.request(CREDIT);
        scheduleIdleCheck(idleNanos);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        lastNanos = System.nanoTime();
        ByteBuf data = message instanceof DatagramPacket packet ? packet.content() : (ByteBuf) message;
        if (flow.isWritable()) {
            flow.write(data);
        } else {
            data.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (channel == null) {
            return; // epoll may report a socket before it is connected; a failed dial is told by its future
        }
        flow.reset(ResetReasons.of(cause), String.valueOf(cause.getMessage()));
        context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (!flowClosed) {
            flow.reset(ResetReason.ABORTED, "socket closed");
        }
    }

    @Override
    public void onData(Flow same, ByteBuf data) {
        lastNanos = System.nanoTime();
        channel.writeAndFlush(data).addListener(done -> flow.request(1));
    }

    @Override
    public void onFinished(Flow same) {
        flow.finish();
    }

    @Override
    public void onReset(Flow same, ResetReason why, String text) {
        // onClosed follows.
    }

    @Override
    public void onClosed(Flow same) {
        flowClosed = true;
        if (idleCheck != null) {
            idleCheck.cancel(false);
        }
        if (channel != null) {
            channel.close();
        }
    }

    private void scheduleIdleCheck(long inNanos) {
        idleCheck = flow.loop().schedule(this::checkIdle, inNanos, TimeUnit.NANOSECONDS);
    }

    private void checkIdle() {
        long left = lastNanos + idleNanos - System.nanoTime();
        if (left > 0) {
            scheduleIdleCheck(left);
        } else {
            flow.reset(ResetReason.TIMED_OUT, "no datagram for " + Duration.ofNanos(idleNanos));
        }
    }
}

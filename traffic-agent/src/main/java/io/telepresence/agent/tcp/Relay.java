package io.telepresence.agent.tcp;

import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;

/**
 * One side of two sockets that are joined on one event loop: what this one receives the other one sends. A buffer is
 * passed on as it is; while the other side does not take more, this one is not read, so that at most one buffer a
 * direction waits here. The end of one direction is passed on once everything before it is written; a reset at once.
 * When both directions have ended, both sockets are closed.
 */
final class Relay extends ChannelInboundHandlerAdapter {
    /** More than this unsent: do not read the other side. Bounds the memory of a connection whose peer is slow. */
    private static final WriteBufferWaterMark WATER = new WriteBufferWaterMark(8 << 10, 32 << 10);

    private static final int SMALLEST = 512;
    private static final int USUAL = 2 << 10;
    private static final int LARGEST = 64 << 10;

    private DuplexChannel peer;
    private boolean ended;
    private boolean passedOn;

    /** The options that a relay relies on; for a channel that is not registered yet. */
    static void configure(Channel channel) {
        ChannelConfig config = channel.config();
        config.setAutoRead(false);
        config.setWriteBufferWaterMark(WATER);
        config.setRecvByteBufAllocator(buffers());
        config.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        config.setOption(ChannelOption.TCP_NODELAY, true);
        keepAlive(config);
    }

    /** Finds a peer that vanished without a word, which the app alone would have found by its own keep-alive. */
    static void keepAlive(ChannelConfig config) {
        config.setOption(ChannelOption.SO_KEEPALIVE, true);
        config.setOption(EpollChannelOption.TCP_KEEPIDLE, 120);
        config.setOption(EpollChannelOption.TCP_KEEPINTVL, 30);
        config.setOption(EpollChannelOption.TCP_KEEPCNT, 4);
    }

    private static RecvByteBufAllocator buffers() {
        AdaptiveRecvByteBufAllocator buffers = new AdaptiveRecvByteBufAllocator(SMALLEST, USUAL, LARGEST);
        buffers.maxMessagesPerRead(1);
        return buffers;
    }

    /** Sets where this side's bytes go; before the first read. Without it (a failed dial) nothing is done at all. */
    void to(DuplexChannel other) {
        peer = other;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        peer.writeAndFlush(message, peer.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (peer != null && !ended && peer.isWritable()) {
            context.read();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (peer != null && context.channel().isWritable() && peer.isActive() && !peer.isInputShutdown()) {
            peer.read();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (peer != null && event == ChannelInputShutdownEvent.INSTANCE && !ended) {
            ended = true;
            peer.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> passEnd(context.channel()));
        }
    }

    private void passEnd(Channel self) {
        passedOn = true;
        peer.shutdownOutput();
        Relay other = peer.pipeline().get(Relay.class);
        if (other == null || other.passedOn) {
            peer.close();
            self.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (peer == null) {
            return; // epoll may report a socket before it is connected; a failed dial is told by its future
        }
        reset(context.channel());
        reset(peer);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (peer == null) {
            return;
        }
        if (ended) {
            peer.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> peer.close());
        } else {
            reset(peer);
        }
    }

    /** Closes with RST instead of FIN. */
    static void reset(Channel channel) {
        if (channel.isOpen()) {
            try {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
            } catch (ChannelException e) {
                // The socket is already gone.
            }
            if (channel.isRegistered()) {
                channel.close();
            } else {
                channel.unsafe().closeForcibly();
            }
        }
    }
}

package io.telepresence.agent.stream;

import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;

/** What all forwarded sockets have in common. */
public final class Sockets {
    /** More than this unsent: do not read the other side. Bounds the memory of a connection whose peer is slow. */
    private static final WriteBufferWaterMark WATER = new WriteBufferWaterMark(8 << 10, 32 << 10);

    private static final int SMALLEST = 512;
    private static final int USUAL = 2 << 10;
    private static final int LARGEST = 64 << 10;

    private Sockets() {}

    /**
     * Reads only when asked, one buffer of at most 64 KiB at a time; half-closes; counts as writable while little is
     * unsent; notices peers that vanished. For a channel that is not registered yet.
     */
    public static void configure(Channel channel) {
        ChannelConfig config = channel.config();
        config.setAutoRead(false);
        config.setWriteBufferWaterMark(WATER);
        config.setRecvByteBufAllocator(buffers());
        config.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        config.setOption(ChannelOption.TCP_NODELAY, true);
        keepAlive(config);
    }

    /** Finds a peer that vanished without a word, which the app alone would have found by its own keep-alive. */
    public static void keepAlive(ChannelConfig config) {
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

    /**
     * Ends our direction once everything written is sent; reading goes on. Inside TLS that is its own end, and not the
     * socket's. Nothing may be written after it.
     */
    public static void finish(DuplexChannel channel) {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> shutdownOutput(channel));
    }

    /** The same at once: what is not sent yet is lost. */
    static void shutdownOutput(DuplexChannel channel) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            channel.shutdownOutput();
        } else {
            tls.closeOutbound();
        }
    }

    /** Closes with RST instead of FIN; idempotent. */
    public static void reset(Channel channel) {
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

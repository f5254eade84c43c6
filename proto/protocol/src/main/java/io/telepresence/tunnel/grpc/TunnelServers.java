package io.telepresence.tunnel.grpc;

import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;

/** gRPC servers that carry flows, with the settings measured to be the best (docs/protocol.md). */
public final class TunnelServers {
    /** The largest message: frames, and whole configurations; a stream's memory is bounded by its window. */
    static final int LARGEST_MESSAGE = 2 << 20;

    /** Each flow is a call: more than one agent or client has flows and watches. */
    private static final int MOST_CALLS = 16_384;

    /** From the accept to HTTP/2's preface and settings. */
    private static final int HANDSHAKE_SECONDS = 10;

    /** Per stream and per connection; grpc grows it with the bandwidth-delay product. */
    static final int WINDOW = 1 << 20;

    private TunnelServers() {}

    /**
     * A plain-text server. Its executor is direct: every method of every service runs on an event loop and must not
     * block.
     */
    public static NettyServerBuilder builder(SocketAddress address, EventLoopGroup loops) {
        boolean unix = address instanceof DomainSocketAddress;
        NettyServerBuilder builder = NettyServerBuilder.forAddress(address)
                .bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                .channelType(unix ? EpollServerDomainSocketChannel.class : EpollServerSocketChannel.class)
                .directExecutor()
                .initialFlowControlWindow(WINDOW)
                .maxConcurrentCallsPerConnection(MOST_CALLS)
                .maxInboundMessageSize(LARGEST_MESSAGE)
                .handshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .permitKeepAliveTime(1, TimeUnit.SECONDS);
        return unix
                ? builder.withChildOption(ChannelOption.SO_KEEPALIVE, null)
                : builder.withChildOption(ChannelOption.TCP_NODELAY, true);
    }
}

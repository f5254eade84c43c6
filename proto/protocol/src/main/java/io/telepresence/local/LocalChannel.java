package io.telepresence.local;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A gRPC channel to a unix socket of this machine, with an event loop of its own. */
public final class LocalChannel implements AutoCloseable {
    private final ManagedChannel channel;
    private final EventLoopGroup loops;

    private LocalChannel(ManagedChannel channel, EventLoopGroup loops) {
        this.channel = channel;
        this.loops = loops;
    }

    /** Connects lazily, at the first call. */
    public static LocalChannel open(Path socket) {
        EventLoopGroup loops = Loops.create("to-" + socket.getFileName(), 1);
        ManagedChannel channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .eventLoopGroup(loops)
                .channelType(EpollDomainSocketChannel.class)
                .withOption(io.netty.channel.ChannelOption.SO_KEEPALIVE, null)
                .overrideAuthority("localhost")
                .usePlaintext()
                .disableRetry()
                .maxInboundMessageSize(16 << 20)
                .build();
        return new LocalChannel(channel, loops);
    }

    /** To a {@link SecretServer} at that port of 127.0.0.1. Connects lazily, at the first call. */
    public static LocalChannel openTcp(int port, String secret) {
        EventLoopGroup loops = Loops.create("to-" + port, 1);
        Metadata headers = new Metadata();
        headers.put(SecretServer.AUTHORIZATION, SecretServer.bearer(secret));
        ManagedChannel channel = NettyChannelBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
                .eventLoopGroup(loops)
                .channelType(EpollSocketChannel.class)
                .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
                .overrideAuthority("localhost")
                .usePlaintext()
                .disableRetry()
                .maxInboundMessageSize(16 << 20)
                .build();
        return new LocalChannel(channel, loops);
    }

    public ManagedChannel grpc() {
        return channel;
    }

    @Override
    public void close() {
        channel.shutdownNow();
        try {
            channel.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Loops.shutdown(loops);
    }
}

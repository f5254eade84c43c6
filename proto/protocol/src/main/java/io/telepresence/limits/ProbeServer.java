package io.telepresence.limits;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Answers the kubelet: GET of a path is 200 while what the path stands for is so, else 503. Just enough HTTP for that: the
 * first segment holds the whole request line of a probe, and each connection is for one. Everybody in the cluster reaches
 * the port, so all connections are strangers'. The event loops are the caller's.
 */
public final class ProbeServer implements AutoCloseable {
    private static final ConnectionLimits.Limits LIMITS =
            new ConnectionLimits.Limits(64, 16 << 10, 1 << 20, 0, Duration.ofSeconds(5));

    private final Channel channel;
    private final Map<String, BooleanSupplier> paths;

    private ProbeServer(
            InetSocketAddress address,
            Optional<EpollServerSocketChannel> listening,
            EventLoopGroup loops,
            Map<String, BooleanSupplier> paths)
            throws FaultException {
        this.paths = Map.copyOf(paths);
        ConnectionLimits limits = new ConnectionLimits(LIMITS);
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channelFactory(() -> limits.bound(listening.orElseGet(EpollServerSocketChannel::new)))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel caller) {
                        caller.pipeline().addLast(new Answer());
                    }
                });
        ChannelFuture binding =
                (listening.isPresent() ? bootstrap.register() : bootstrap.bind(address)).awaitUninterruptibly();
        if (!binding.isSuccess()) {
            throw Fault.config(
                            "cannot listen on the ready port " + address.getPort() + ": "
                                    + binding.cause().getMessage(),
                            "")
                    .exception(binding.cause());
        }
        channel = binding.channel();
    }

    /**
     * Listens; returns once it is bound.
     *
     * @param paths each with what it asks; asked on the event loop, must not wait
     */
    public static ProbeServer open(InetSocketAddress address, EventLoopGroup loops, Map<String, BooleanSupplier> paths)
            throws FaultException {
        return new ProbeServer(address, Optional.empty(), loops, paths);
    }

    /**
     * The same with a socket that an earlier process of this container has left, if there is one.
     *
     * @param address where it listens, or else is to listen
     */
    public static ProbeServer open(
            InetSocketAddress address,
            Optional<EpollServerSocketChannel> listening,
            EventLoopGroup loops,
            Map<String, BooleanSupplier> paths)
            throws FaultException {
        return new ProbeServer(address, listening, loops, paths);
    }

    /** That listens. */
    public EpollServerSocketChannel socket() {
        return (EpollServerSocketChannel) channel;
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
    }

    private String answer(String request) {
        String[] words = request.split(" ", 3);
        BooleanSupplier good = words.length == 3 && words[0].equals("GET") ? paths.get(words[1]) : null;
        if (good == null) {
            return response("404 Not Found", "not found\n");
        }
        return good.getAsBoolean() ? response("200 OK", "ok\n") : response("503 Service Unavailable", "not ready\n");
    }

    private static String response(String status, String body) {
        return "HTTP/1.1 " + status + "\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    private final class Answer extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf request) {
            String answer = answer(request.toString(StandardCharsets.US_ASCII));
            context.writeAndFlush(Unpooled.copiedBuffer(answer, StandardCharsets.US_ASCII))
                    .addListener(ChannelFutureListener.CLOSE);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}

package io.telepresence.agent.http2;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.telepresence.agent.mirror.Mirrors;
import io.telepresence.agent.report.RequestVerdict;
import io.telepresence.agent.report.TrafficRecorder;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.Destination;
import io.telepresence.agent.route.PortRoutes;
import io.telepresence.agent.stream.PortServices;
import io.telepresence.agent.stream.ProtocolHandler;
import io.telepresence.agent.stream.Sockets;
import io.telepresence.agent.stream.Upstreams;
import io.telepresence.agree.Transport;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.HeaderMatch;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.RequestRouter.Rule;
import io.telepresence.local.Loops;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** A port on loopback whose connections a speaker takes; the app and "laptops" are other ports on loopback. */
public final class ProxyFixture implements AutoCloseable, Upstreams, TrafficRecorder {
    public static final Port PORT = new Port(Transport.TCP, 8080);

    public volatile PortRoutes rules = PortRoutes.NONE;
    public volatile int appPort;
    public final Queue<RequestVerdict> verdicts = new ConcurrentLinkedQueue<>();
    public final Queue<String> delivered = new ConcurrentLinkedQueue<>();
    public final Queue<String> dropped = new ConcurrentLinkedQueue<>();
    public final Queue<String> failedOpen = new ConcurrentLinkedQueue<>();
    /** Connections to the app and to laptops. */
    public final Set<Channel> upstreams = ConcurrentHashMap.newKeySet();

    public final Set<Channel> callers = ConcurrentHashMap.newKeySet();
    private final EventLoopGroup loops = Loops.create("rig", 1);
    private final Channel server;
    private final ProtocolHandler speaker;

    public ProxyFixture(int appPort, Function<PortServices, ProtocolHandler> speaker) {
        this.appPort = appPort;
        this.speaker = speaker.apply(new PortServices(PORT, () -> rules, this, Mirrors.NONE, this));
        this.server = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel caller) {
                        Sockets.configure(caller);
                        callers.add(caller);
                        caller.closeFuture().addListener(gone -> callers.remove(caller));
                        caller.pipeline().addLast(new FirstRead());
                        caller.eventLoop().execute(caller::read);
                    }
                })
                .bind("127.0.0.1", 0)
                .syncUninterruptibly()
                .channel();
    }

    public int port() {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** What has this header goes to that port. */
    public static Rule<ClientEndpoint> taker(String name, String value, int port) {
        return new Rule<>(target(name + "=" + value, port), EngagementKind.INTERCEPT, filter(name, value));
    }

    public static Rule<ClientEndpoint> mirror(String name, String value, int port) {
        return new Rule<>(target("mirror", port), EngagementKind.WIRETAP, filter(name, value));
    }

    public static ClientEndpoint target(String id, int port) {
        return new ClientEndpoint(id, "127.0.0.1", port, false);
    }

    private static HttpFilter filter(String name, String value) {
        return new HttpFilter(List.of(new HeaderMatch(name, value)), List.of());
    }

    @Override
    public void connect(
            EventLoop loop,
            Destination to,
            InetSocketAddress caller,
            Supplier<? extends ChannelHandler> handlers,
            Consumer<Channel> connected,
            Consumer<Throwable> failed) {
        int port =
                switch (to) {
                    case Destination.ToApp app -> appPort;
                    case Destination.ToClient client -> client.target().port();
                };
        new Bootstrap()
                .group(loop)
                .channelFactory(() -> {
                    EpollSocketChannel channel = new EpollSocketChannel();
                    Sockets.configure(channel);
                    return channel;
                })
                .handler(handlers.get())
                .connect("127.0.0.1", port)
                .addListener((ChannelFuture done) -> {
                    if (done.isSuccess()) {
                        upstreams.add(done.channel());
                        done.channel().closeFuture().addListener(gone -> upstreams.remove(done.channel()));
                        connected.accept(done.channel());
                    } else {
                        failed.accept(done.cause());
                    }
                });
    }

    @Override
    public void delivered(String engagementId) {
        delivered.add(engagementId);
    }

    @Override
    public void dropped(String engagementId) {
        dropped.add(engagementId);
    }

    @Override
    public void failedOpen(String engagementId) {
        failedOpen.add(engagementId);
    }

    @Override
    public void verdict(RequestVerdict verdict) {
        verdicts.add(verdict);
    }

    @Override
    public void close() {
        server.close().syncUninterruptibly();
        callers.forEach(Channel::close);
        Loops.shutdown(loops);
    }

    private final class FirstRead extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.pipeline().remove(this);
            speaker.take(
                    (DuplexChannel) context.channel(),
                    (InetSocketAddress) context.channel().remoteAddress(),
                    (ByteBuf) message);
        }
    }
}

package io.telepresence.agent.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.mirror.Mirror;
import io.telepresence.agent.mirror.Mirrors;
import io.telepresence.agent.report.TrafficRecorder;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.PortRoutes;
import io.telepresence.agent.stream.PortServices;
import io.telepresence.agent.stream.ProtocolHandler;
import io.telepresence.agent.stream.Upstreams;
import io.telepresence.agree.Transport;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.HeaderMatch;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.RequestRouter.Rule;
import io.telepresence.local.Loops;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TcpForwarderTest {
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private final EventLoopGroup loops = Loops.create("forwarder", 1);
    private final BlockingQueue<DuplexChannel> accepted = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        Loops.shutdown(loops);
    }

    @Test
    void whatACallerSaidThatEndedBeforeItWasTakenIsHeard() throws Exception {
        ProtocolHandler speaker = (caller, address, first) -> {
            heard.add(first.toString(StandardCharsets.US_ASCII));
            first.release();
            caller.close();
        };
        TcpForwarder forwarder = new TcpForwarder(
                new PortServices(new Port(Transport.TCP, 80), this::rules, null, Mirrors.NONE, TrafficRecorder.NONE),
                null,
                late(EventLoopGroup.class, loops),
                new ProtocolHandlers(true, null, speaker));
        Channel server = listen();
        try (Socket caller =
                new Socket(InetAddress.getLoopbackAddress(), ((InetSocketAddress) server.localAddress()).getPort())) {
            caller.getOutputStream().write(PREFACE.getBytes(StandardCharsets.US_ASCII));
            caller.shutdownOutput();
            forwarder.accept(accepted.take());
            assertEquals(PREFACE, heard.poll(10, TimeUnit.SECONDS));
        }
    }

    /** A wiretap's copy begins with the connection; it has to end with it too, wherever that is. */
    @Test
    void aCallerThatGoesWhileItsConnectionIsDialledEndsItsCopies() throws Exception {
        BlockingQueue<Runnable> dialled = new LinkedBlockingQueue<>();
        Channel server = listen();
        int port = ((InetSocketAddress) server.localAddress()).getPort();
        Upstreams slow = (loop, to, caller, handlers, connected, failed) -> dialled.add(() -> new Bootstrap()
                .group(loop)
                .channel(EpollSocketChannel.class)
                .handler(handlers.get())
                .connect(InetAddress.getLoopbackAddress(), port)
                .addListener((ChannelFuture done) -> connected.accept(done.channel())));
        TcpForwarder forwarder = new TcpForwarder(
                new PortServices(new Port(Transport.TCP, 80), this::mirrored, slow, new Copies(), TrafficRecorder.NONE),
                null,
                loops,
                new ProtocolHandlers(true, null, null));
        try (Socket caller = new Socket(InetAddress.getLoopbackAddress(), port)) {
            caller.getOutputStream().write(new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
            forwarder.accept(accepted.take());
            Runnable dial = dialled.poll(10, TimeUnit.SECONDS);
            caller.setSoLinger(true, 0);
            caller.close();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (forwarder.open() > 0 && System.nanoTime() - end < 0) {
                loops.submit(() -> {}).sync();
            }
            assertEquals(0, forwarder.open(), "the caller has gone");
            dial.run();
            assertEquals("cut", heard.poll(20, TimeUnit.SECONDS));
        }
    }

    /** Tells what ends a copy. */
    private final class Copies implements Mirrors, Mirror {
        @Override
        public Mirror open(ClientEndpoint target, InetSocketAddress caller) {
            return this;
        }

        @Override
        public Mirror openRequest(ClientEndpoint target, InetSocketAddress caller) {
            return this;
        }

        @Override
        public void data(ByteBuf owned) {
            owned.release();
        }

        @Override
        public void end() {
            heard.add("end");
        }

        @Override
        public void cut() {
            heard.add("cut");
        }
    }

    private PortRoutes mirrored() {
        ClientEndpoint copied = new ClientEndpoint("b:tap", "127.0.0.1", 80, false);
        List<Rule<ClientEndpoint>> all = new ArrayList<>(List.of(intercept()));
        all.add(new Rule<>(copied, EngagementKind.WIRETAP, HttpFilter.ALL));
        return PortRoutes.of(all);
    }

    private PortRoutes rules() {
        return PortRoutes.of(List.of(intercept()));
    }

    private static Rule<ClientEndpoint> intercept() {
        HttpFilter filter = new HttpFilter(List.of(new HeaderMatch("X-User", "ann")), List.of());
        ClientEndpoint target = new ClientEndpoint("a:one", "127.0.0.1", 80, false);
        return new Rule<>(target, EngagementKind.INTERCEPT, filter);
    }

    private Channel listen() {
        return new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        accepted.add((DuplexChannel) message);
                    }
                })
                .childHandler(new ChannelInboundHandlerAdapter())
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
    }

    /** The same loops, but who registers a channel from another thread gets to know it late: events come before that. */
    private static <T> T late(Class<T> type, EventLoopGroup real) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, values) -> {
                    if (method.getName().equals("next")) {
                        return late(EventLoop.class, real.next());
                    }
                    Object result = method.invoke(real, values);
                    if (result instanceof ChannelFuture registered && !((EventLoop) real).inEventLoop()) {
                        registered.sync();
                        for (int turn = 0; turn < 3; turn++) {
                            real.submit(() -> {}).sync();
                        }
                    }
                    return result;
                }));
    }
}

package io.telepresence.agent.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.mirror.Mirrors;
import io.telepresence.agent.report.TrafficRecorder;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.PortRoutes;
import io.telepresence.agent.stream.PortServices;
import io.telepresence.agent.stream.ProtocolHandler;
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

    private PortRoutes rules() {
        HttpFilter filter = new HttpFilter(List.of(new HeaderMatch("X-User", "ann")), List.of());
        ClientEndpoint target = new ClientEndpoint("a:one", "127.0.0.1", 80, false);
        return PortRoutes.of(List.of(new Rule<>(target, EngagementKind.INTERCEPT, filter)));
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

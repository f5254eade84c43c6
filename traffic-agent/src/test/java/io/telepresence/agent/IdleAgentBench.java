package io.telepresence.agent;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.telepresence.local.Loops;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * HTTP requests per second on kept connections. {@code app PORT [WORK_MICROS]} is an app that works that long for each
 * request; {@code load PORT,PORT… CONNECTIONS SECONDS} loads each port in turn, three times, and prints the ratios to
 * the first one, that is: {@code load APP,AGENT 16 5}. To be run as processes of their own.
 */
final class IdleAgentBench {
    private static final ByteBuf REQUEST = Unpooled.unreleasableBuffer(
            Unpooled.copiedBuffer("GET / HTTP/1.1\r\nHost: api\r\nAccept: */*\r\n\r\n", StandardCharsets.US_ASCII));
    private static final ByteBuf ANSWER = Unpooled.unreleasableBuffer(Unpooled.copiedBuffer(
            "HTTP/1.1 200 OK\r\nContent-Length: 512\r\n\r\n" + "x".repeat(512), StandardCharsets.US_ASCII));

    private IdleAgentBench() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("app")) {
            app(Integer.parseInt(arguments[1]), arguments.length > 2 ? Long.parseLong(arguments[2]) : 0);
            return;
        }
        String[] ports = arguments[1].split(",");
        int connections = Integer.parseInt(arguments[2]);
        int seconds = Integer.parseInt(arguments[3]);
        for (String port : ports) {
            load(Integer.parseInt(port), connections, 3);
        }
        for (int round = 0; round < 3; round++) {
            double first = 0;
            for (String port : ports) {
                double rate = load(Integer.parseInt(port), connections, seconds);
                first = first == 0 ? rate : first;
                System.out.printf(
                        "port %s, %d connections: %.0f requests/s, ratio %.2f%n",
                        port, connections, rate, rate / first);
            }
        }
    }

    private static void app(int port, long workMicros) throws Exception {
        EventLoopGroup loops = Loops.create("app", 2);
        Channel server = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .childHandler(onBytes((context, bytes) -> {
                    long end = System.nanoTime() + workMicros * 1000;
                    while (System.nanoTime() < end) {
                        Thread.onSpinWait();
                    }
                    context.writeAndFlush(ANSWER.duplicate());
                }))
                .bind("127.0.0.1", port)
                .sync()
                .channel();
        server.closeFuture().sync();
    }

    private static double load(int port, int connections, int seconds) throws Exception {
        EventLoopGroup loops = Loops.create("load", 1);
        LongAdder answers = new LongAdder();
        List<Channel> channels = new ArrayList<>();
        Bootstrap bootstrap = new Bootstrap()
                .group(loops)
                .channel(EpollSocketChannel.class)
                .handler(onBytes((context, bytes) -> {
                    answers.increment();
                    context.writeAndFlush(REQUEST.duplicate());
                }));
        for (int i = 0; i < connections; i++) {
            channels.add(bootstrap
                    .connect(new InetSocketAddress("127.0.0.1", port))
                    .sync()
                    .channel());
        }
        long begin = System.nanoTime();
        channels.forEach(channel -> channel.writeAndFlush(REQUEST.duplicate()));
        LockSupport.parkNanos(seconds * 1_000_000_000L);
        double rate = answers.sum() * 1e9 / (System.nanoTime() - begin);
        Loops.shutdown(loops);
        return rate;
    }

    /** What to do when bytes come. */
    private interface OnBytes {
        void accept(ChannelHandlerContext context, ByteBuf bytes);
    }

    private static ChannelInitializer<Channel> onBytes(OnBytes action) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new SimpleChannelInboundHandler<ByteBuf>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
                        action.accept(context, bytes);
                    }

                    @Override
                    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                        context.close();
                    }
                });
            }
        };
    }
}

package io.telepresence.agent;

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
import io.telepresence.agree.AgentNames;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * Answers the kubelet: {@code GET /healthz} is 200 as long as the process lives, {@code GET /readyz} is 200 while the
 * agent takes traffic. Just enough HTTP for that: the first segment holds the whole request line of a probe.
 */
final class ReadyServer implements AutoCloseable {
    private final Channel channel;
    private volatile boolean ready;
    private volatile boolean ending;

    private ReadyServer(InetSocketAddress address, EventLoopGroup loops) throws FaultException {
        ChannelFuture binding = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel caller) {
                        caller.pipeline().addLast(new Answer());
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!binding.isSuccess()) {
            throw Fault.config(
                            "cannot listen on the ready port " + address.getPort() + ": "
                                    + binding.cause().getMessage(),
                            "")
                    .exception(binding.cause());
        }
        channel = binding.channel();
    }

    /** Listens, and says "not ready" until told otherwise. */
    static ReadyServer open(InetSocketAddress address, EventLoopGroup loops) throws FaultException {
        return new ReadyServer(address, loops);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** What the answer is from now on; "not ready" in any case once the agent is ending. */
    void ready(boolean now) {
        ready = now;
    }

    /** From now on the answer is "not ready", for good. */
    void end() {
        ending = true;
    }

    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
    }

    private final class Answer extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf request) {
            String line = request.toString(StandardCharsets.US_ASCII);
            String answer;
            if (line.startsWith("GET /healthz ")) {
                answer = response("200 OK", "ok\n");
            } else if (line.startsWith("GET " + AgentNames.READY_PATH + " ")) {
                answer = ready && !ending
                        ? response("200 OK", "ok\n")
                        : response("503 Service Unavailable", "not ready\n");
            } else {
                answer = response("404 Not Found", "not found\n");
            }
            context.writeAndFlush(Unpooled.copiedBuffer(answer, StandardCharsets.US_ASCII))
                    .addListener(ChannelFutureListener.CLOSE);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }

        private static String response(String status, String body) {
            return "HTTP/1.1 " + status + "\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: "
                    + body.length() + "\r\n\r\n" + body;
        }
    }
}

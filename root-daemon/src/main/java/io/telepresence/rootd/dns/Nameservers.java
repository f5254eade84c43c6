package io.telepresence.rootd.dns;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Passes questions to nameservers byte for byte, each from a socket of its own, which carries a firewall mark so that
 * the machine's redirection leaves it alone. A nameserver that is silent or refuses is followed by the next. Thread-safe.
 */
public final class Nameservers implements DnsForwarder {
    private static final int SOL_SOCKET = 1;
    private static final int SO_MARK = 36;
    private static final ChannelOption<Integer> MARK = new IntegerUnixChannelOption("SO_MARK", SOL_SOCKET, SO_MARK);

    private final EventLoopGroup loops;
    private final int mark;
    private final Duration patience;
    private volatile List<InetSocketAddress> servers;

    /**
     * @param mark SO_MARK of the sockets; 0: none (setting one takes CAP_NET_ADMIN)
     * @param patience how long one nameserver may take
     */
    public Nameservers(EventLoopGroup loops, int mark, Duration patience, List<InetSocketAddress> servers) {
        this.loops = loops;
        this.mark = mark;
        this.patience = patience;
        this.servers = List.copyOf(servers);
    }

    /** Other nameservers from the next question on: the laptop may have changed its network. */
    public void servers(List<InetSocketAddress> changed) {
        servers = List.copyOf(changed);
    }

    /** Whom the next question goes to first. */
    public List<InetSocketAddress> servers() {
        return servers;
    }

    @Override
    public CompletableFuture<byte[]> ask(byte[] query, boolean overTcp) {
        return next(query, overTcp, servers.iterator(), new IOException("this machine has no nameserver"));
    }

    private CompletableFuture<byte[]> next(
            byte[] query, boolean overTcp, Iterator<InetSocketAddress> rest, Throwable why) {
        if (!rest.hasNext()) {
            return CompletableFuture.failedFuture(why);
        }
        InetSocketAddress server = rest.next();
        CompletableFuture<byte[]> reply = overTcp ? overTcp(query, server) : overUdp(query, server);
        return reply.orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionallyCompose(e -> next(query, overTcp, rest, e));
    }

    private CompletableFuture<byte[]> overUdp(byte[] query, InetSocketAddress server) {
        CompletableFuture<byte[]> reply = new CompletableFuture<>();
        Bootstrap bootstrap = marked(new Bootstrap()
                .group(loops)
                .channelFactory(EpollDatagramChannel::new)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(65_535))
                .handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
                        byte[] bytes = ByteBufUtil.getBytes(packet.content());
                        if (bytes.length >= 12 && bytes[0] == query[0] && bytes[1] == query[1]) {
                            reply.complete(bytes);
                        }
                    }

                    @Override
                    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                        reply.completeExceptionally(cause);
                    }
                }));
        send(bootstrap.connect(server), query, reply);
        return reply;
    }

    private CompletableFuture<byte[]> overTcp(byte[] query, InetSocketAddress server) {
        CompletableFuture<byte[]> reply = new CompletableFuture<>();
        Bootstrap bootstrap = marked(new Bootstrap()
                .group(loops)
                .channelFactory(EpollSocketChannel::new)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new LengthFieldBasedFrameDecoder(65_537, 0, 2, 0, 2))
                                .addLast(new LengthFieldPrepender(2))
                                .addLast(new OneAnswer(reply));
                    }
                }));
        send(bootstrap.connect(server), query, reply);
        return reply;
    }

    private Bootstrap marked(Bootstrap bootstrap) {
        return mark == 0 ? bootstrap : bootstrap.option(MARK, mark);
    }

    /** Whatever happens to the reply, the socket is closed. */
    private static void send(ChannelFuture connecting, byte[] query, CompletableFuture<byte[]> reply) {
        reply.whenComplete((bytes, error) -> connecting.channel().close());
        connecting.addListener(f -> {
            if (!f.isSuccess()) {
                reply.completeExceptionally(f.cause());
                return;
            }
            connecting.channel().writeAndFlush(Unpooled.wrappedBuffer(query)).addListener(w -> {
                if (!w.isSuccess()) {
                    reply.completeExceptionally(w.cause());
                }
            });
        });
    }

    private static final class OneAnswer extends SimpleChannelInboundHandler<ByteBuf> {
        private final CompletableFuture<byte[]> reply;

        private OneAnswer(CompletableFuture<byte[]> reply) {
            this.reply = reply;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            reply.complete(ByteBufUtil.getBytes(message));
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            reply.completeExceptionally(new IOException("the nameserver closed the connection"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            reply.completeExceptionally(cause);
        }
    }
}

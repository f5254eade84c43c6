package io.telepresence.rootd.dns;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.telepresence.base.AddressText;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves a {@link Resolver} over UDP and TCP (RFC 1035 section 4.2, RFC 7766). Closing it frees the ports at once. */
public final class DnsServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DnsServer.class);
    private static final int IDLE_SECONDS = 10;
    private static final int MOST_CONNECTIONS = 256;

    private final Resolver resolver;
    private final ChannelGroup channels = new DefaultChannelGroup("dns", GlobalEventExecutor.INSTANCE);

    private DnsServer(Resolver resolver) {
        this.resolver = resolver;
    }

    /**
     * Listens on every address, with UDP and TCP.
     *
     * @throws IOException names the address where that is not possible, and why; nothing is left open then
     */
    public static DnsServer open(EventLoopGroup loops, List<InetSocketAddress> addresses, Resolver resolver)
            throws IOException {
        DnsServer server = new DnsServer(resolver);
        try {
            for (InetSocketAddress address : addresses) {
                server.bind(loops, address);
            }
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    @Override
    public void close() {
        channels.close().awaitUninterruptibly(1000);
    }

    private void bind(EventLoopGroup loops, InetSocketAddress address) throws IOException {
        Bootstrap udp = new Bootstrap()
                .group(loops)
                .channelFactory(EpollDatagramChannel::new)
                .handler(new UdpHandler());
        bound(udp.bind(address), address, "UDP");
        ServerBootstrap tcp = new ServerBootstrap()
                .group(loops)
                .channelFactory(EpollServerSocketChannel::new)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accepted(channel);
                    }
                });
        bound(tcp.bind(address), address, "TCP");
    }

    /** Not {@code sync}: it throws causes, which are checked exceptions, without declaring them. */
    private void bound(ChannelFuture binding, InetSocketAddress address, String protocol) throws IOException {
        if (!binding.awaitUninterruptibly().isSuccess()) {
            Throwable cause = binding.cause();
            throw new IOException(
                    "cannot serve DNS on " + AddressText.of(address.getAddress()) + ", port " + address.getPort() + ", "
                            + protocol + ": " + reason(cause),
                    cause);
        }
        channels.add(binding.channel());
    }

    /** Without the system call that the text begins with: {@code bind(..) failed with error(-98): Address already in use}. */
    private static String reason(Throwable cause) {
        String text = String.valueOf(cause.getMessage());
        return text.startsWith("bind(") && text.contains(": ") ? text.substring(text.indexOf(": ") + 2) : text;
    }

    private void accepted(Channel channel) {
        if (channels.size() > MOST_CONNECTIONS) {
            channel.close();
            return;
        }
        channels.add(channel);
        channel.pipeline()
                .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
                .addLast(new LengthFieldBasedFrameDecoder(65_537, 0, 2, 0, 2))
                .addLast(new LengthFieldPrepender(2))
                .addLast(new TcpHandler());
    }

    private final class UdpHandler extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            InetSocketAddress asker = packet.sender();
            resolver.respond(ByteBufUtil.getBytes(packet.content()), false).thenAccept(reply -> {
                if (reply != null) {
                    context.writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(reply), asker));
                }
            });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.debug("DNS over UDP: {}", cause.toString());
        }
    }

    private final class TcpHandler extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            resolver.respond(ByteBufUtil.getBytes(message), true).thenAccept(reply -> {
                if (reply != null) {
                    context.writeAndFlush(Unpooled.wrappedBuffer(reply));
                }
            });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.debug("DNS over TCP: {}", cause.toString());
            context.close();
        }
    }
}

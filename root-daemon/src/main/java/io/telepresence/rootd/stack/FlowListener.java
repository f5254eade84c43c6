package io.telepresence.rootd.stack;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.telepresence.base.AddressText;
import io.telepresence.rootd.ip.IpAddress;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.splice.ChannelPump;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts the connections that were redirected, and joins each with the flow that was opened for its SYN, on that flow's
 * loop. Who is not known by spare address and port is cut off.
 */
final class FlowListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FlowListener.class);
    private static final int BACKLOG = 4096;

    private final EpollServerSocketChannel channel;

    private FlowListener(EpollServerSocketChannel channel) {
        this.channel = channel;
    }

    /** Binds to a free port of {@code own}; accepts nobody before {@link #start}. */
    static FlowListener bind(EventLoop loop, InetAddress own) throws IOException {
        var channel = new EpollServerSocketChannel();
        channel.config().setBacklog(BACKLOG);
        channel.config().setAutoRead(false);
        loop.register(channel).syncUninterruptibly();
        ChannelFuture bound = channel.bind(new InetSocketAddress(own, 0)).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            channel.close();
            throw new IOException(
                    "listening on " + AddressText.of(own) + ": " + bound.cause().getMessage(), bound.cause());
        }
        return new FlowListener(channel);
    }

    int port() {
        return channel.localAddress().getPort();
    }

    void start(NatTable nat, LongSupplier nanoClock) {
        channel.pipeline().addLast(new Acceptor(nat, nanoClock));
        channel.config().setAutoRead(true);
    }

    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
    }

    private static final class Acceptor extends ChannelInboundHandlerAdapter {
        private final NatTable nat;
        private final LongSupplier nanoClock;

        Acceptor(NatTable nat, LongSupplier nanoClock) {
            this.nat = nat;
            this.nanoClock = nanoClock;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            Channel accepted = (Channel) message;
            var peer = (InetSocketAddress) accepted.remoteAddress();
            NatEntry connection = peer == null ? null : nat.findByNat(IpAddress.of(peer.getAddress()), peer.getPort());
            if (connection == null || !connection.accept()) {
                LOG.debug("unknown peer {}, or its connection is over: cut off", peer);
                cut(accepted);
                return;
            }
            accepted.closeFuture().addListener(closed -> connection.close(nanoClock.getAsLong()));
            join(accepted, connection);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.warn("accepting: {}", cause.toString());
        }

        private void join(Channel accepted, NatEntry connection) {
            Flow flow = connection.flow();
            var pump = new ChannelPump(flow);
            ChannelPump.configure(accepted);
            accepted.pipeline().addLast(pump);
            try {
                flow.loop().execute(() -> register(accepted, pump, connection));
            } catch (RejectedExecutionException e) {
                lost(accepted, connection);
            }
        }

        /** On the flow's loop, so that the pump starts before the first event of the socket. */
        private void register(Channel accepted, ChannelPump pump, NatEntry connection) {
            connection.flow().loop().register(accepted).addListener(registered -> {
                if (registered.isSuccess()) {
                    pump.start(accepted);
                } else {
                    lost(accepted, connection);
                }
            });
        }

        /** The flow's loop has ended, and so the flow. */
        private void lost(Channel accepted, NatEntry connection) {
            connection.close(nanoClock.getAsLong());
            cut(accepted);
        }

        /** Closes with RST; works on a channel without a loop too. */
        private static void cut(Channel accepted) {
            accepted.config().setOption(ChannelOption.SO_LINGER, 0);
            accepted.unsafe().closeForcibly();
        }
    }
}

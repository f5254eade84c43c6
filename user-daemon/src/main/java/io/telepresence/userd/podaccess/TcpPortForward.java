package io.telepresence.userd.podaccess;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.telepresence.agree.Transport;
import io.telepresence.base.AddressText;
import io.telepresence.fault.FaultException;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.splice.ChannelPump;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TCP port each of whose connections becomes a flow into a pod. Bound at once; connections wait in the
 * backlog until {@link #serve}. A connection whose flow cannot be opened gets a reset.
 */
final class TcpPortForward implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TcpPortForward.class);
    private final EpollServerSocketChannel channel;
    private final ChannelGroup accepted = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

    private TcpPortForward(EpollServerSocketChannel channel) {
        this.channel = channel;
    }

    static TcpPortForward bind(EventLoop loop, InetSocketAddress address) throws IOException {
        var channel = new EpollServerSocketChannel();
        channel.config().setAutoRead(false);
        channel.config().setReuseAddress(true);
        loop.register(channel).syncUninterruptibly();
        ChannelFuture bound = channel.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            channel.close();
            throw new IOException(bound.cause().getMessage(), bound.cause());
        }
        return new TcpPortForward(channel);
    }

    int port() {
        return channel.localAddress().getPort();
    }

    /**
     * Begins to accept.
     *
     * @param target asked for at each connection
     * @param welcome whether this connection may be served; called on an event loop, must be quick
     */
    void serve(PodAccessBroker podAccess, Supplier<PodAccessBroker.Target> target, Predicate<Channel> welcome) {
        channel.pipeline().addLast(new Acceptor(podAccess, target, welcome));
        channel.config().setAutoRead(true);
    }

    /** Nobody comes in any more, and who is inside is cut off; takes at most a second. */
    @Override
    public void close() {
        channel.close().awaitUninterruptibly(500, TimeUnit.MILLISECONDS);
        accepted.close().awaitUninterruptibly(500, TimeUnit.MILLISECONDS);
    }

    private final class Acceptor extends ChannelInboundHandlerAdapter {
        private final PodAccessBroker podAccess;
        private final Supplier<PodAccessBroker.Target> target;
        private final Predicate<Channel> welcome;

        Acceptor(PodAccessBroker podAccess, Supplier<PodAccessBroker.Target> target, Predicate<Channel> welcome) {
            this.podAccess = podAccess;
            this.target = target;
            this.welcome = welcome;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            Channel local = (Channel) message;
            if (!welcome.test(local)) {
                cut(local);
                return;
            }
            InetSocketAddress caller = (InetSocketAddress) local.remoteAddress();
            try {
                podAccess.open(
                        target.get(),
                        Transport.TCP,
                        caller == null ? Addresses.UNNAMED : caller,
                        new Opening(local, accepted));
            } catch (FaultException e) {
                LOG.info("not opened for {}: {}", caller, e.fault());
                cut(local);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.warn("accepting at port {}: {}", port(), cause.toString());
        }
    }

    private static void cut(Channel local) {
        local.config().setOption(ChannelOption.SO_LINGER, 0);
        if (local.isRegistered()) {
            local.close();
        } else {
            local.unsafe().closeForcibly();
        }
    }

    /**
     * Until the agent has dialled. The socket gets a loop only then, with its pump in place already: not even an early end
     * of the caller's direction is missed.
     */
    private record Opening(Channel local, ChannelGroup accepted) implements Early {
        @Override
        public void onOpened(Flow flow) {
            ChannelPump pump = new ChannelPump(flow);
            ChannelPump.configure(local);
            local.pipeline().addLast(pump);
            flow.loop().register(local).addListener(registered -> {
                if (registered.isSuccess()) {
                    accepted.add(local);
                    pump.start(local);
                } else {
                    flow.reset(ResetReason.ABORTED, "the local connection is gone");
                    cut(local);
                }
            });
        }

        @Override
        public void onReset(Flow flow, ResetReason why, String text) {
            LOG.info("not opened for {}: {} {}", AddressText.of(local.remoteAddress()), why, text);
            cut(local);
        }
    }
}

package io.telepresence.tunnel.splice;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.telepresence.agree.Transport;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.pool.TunnelClient;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Dials sockets and joins them with flows. Socket and flow live on one loop, on which everything here is called. */
public final class Splice {
    private Splice() {}

    /**
     * Connects a socket that {@link #join} can take; it reads nothing before.
     *
     * @param loop of the flow
     * @param limit of a TCP connect
     */
    public static ChannelFuture dial(EventLoop loop, Transport protocol, InetSocketAddress address, Duration limit) {
        Bootstrap bootstrap;
        if (protocol == Transport.UDP) {
            bootstrap = DatagramSockets.bootstrap(loop).option(ChannelOption.AUTO_READ, false);
        } else {
            bootstrap = new Bootstrap().group(loop).channel(EpollSocketChannel.class);
            ChannelPump.configure(bootstrap);
            bootstrap.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(limit.toMillis()));
        }
        return bootstrap
                .handler(protocol == Transport.UDP ? new ChannelInboundHandlerAdapter() : new EarlyReads())
                .connect(address);
    }

    /**
     * Opens the flow that is waited for, and joins it with the socket; owns the socket, whatever happens.
     *
     * @param idle after so long without a datagram either way a UDP flow ends
     */
    public static void join(TunnelClient.Fetched waiting, Channel connected, Transport protocol, Duration idle) {
        Flow flow;
        try {
            flow = waiting.open(new ClosesSocket(connected));
        } catch (RuntimeException e) {
            connected.close();
            throw e;
        }
        join(flow, connected, protocol, idle);
    }

    /** The same for a flow whose opener is waiting for {@link Flow#opened}. */
    public static void join(Flow accepted, Channel connected, Transport protocol, Duration idle) {
        if (protocol == Transport.UDP) {
            DatagramPump pump = new DatagramPump(accepted, idle);
            connected.pipeline().addLast(pump);
            accepted.opened();
            pump.start(connected);
            connected.config().setAutoRead(true);
        } else {
            ChannelPump pump = new ChannelPump(accepted);
            connected.pipeline().addLast(pump);
            accepted.opened();
            pump.start(connected);
            EarlyReads early = connected.pipeline().get(EarlyReads.class);
            if (early != null) {
                connected.pipeline().remove(early);
            }
        }
    }

    /** Until a pump takes over. */
    private record ClosesSocket(Channel channel) implements FlowHandler {
        @Override
        public void onFinished(Flow flow) {
            flow.finish();
        }

        @Override
        public void onClosed(Flow flow) {
            channel.close();
        }
    }
}

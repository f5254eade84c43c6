package io.telepresence.manager.tunnel;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.telepresence.agree.AddressText;
import io.telepresence.rpc.tunnel.Protocol;
import io.telepresence.rpc.tunnel.Reset;
import io.telepresence.tunnel.ChannelPump;
import io.telepresence.tunnel.DatagramPump;
import io.telepresence.tunnel.DatagramSockets;
import io.telepresence.tunnel.ResetReasons;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/** Dials pods and services for a flow, on the flow's own loop. */
final class ClusterDialer {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration DATAGRAM_IDLE = Duration.ofSeconds(60);

    private final Roads roads;

    ClusterDialer(Roads roads) {
        this.roads = roads;
    }

    /** Where a destination is dialled; empty: nowhere. */
    @FunctionalInterface
    interface Roads {
        Optional<InetSocketAddress> to(InetSocketAddress destination);
    }

    /** Answers the flow with opened or reset; on the flow's loop. Zero: the default timeout. */
    void dial(TrackedFlow flow, long timeoutMillis) {
        InetSocketAddress destination = flow.key().destination();
        Optional<InetSocketAddress> road = roads.to(destination);
        if (road.isEmpty()) {
            flow.reset(
                    Reset.Why.DENIED, "the traffic-manager does not dial " + AddressText.of(destination.getAddress()));
        } else if (flow.key().protocol() == Protocol.UDP) {
            dialDatagram(flow, road.get());
        } else {
            dialStream(flow, road.get(), timeout(timeoutMillis));
        }
    }

    private static void dialStream(TrackedFlow flow, InetSocketAddress destination, int timeoutMillis) {
        ChannelPump pump = new ChannelPump(flow);
        Bootstrap bootstrap = new Bootstrap()
                .group(flow.loop())
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMillis)
                .handler(pump);
        ChannelPump.configure(bootstrap);
        ChannelFuture connecting = bootstrap.connect(destination);
        connecting.addListener(done -> answer(flow, connecting, pump::start));
    }

    private static void dialDatagram(TrackedFlow flow, InetSocketAddress destination) {
        DatagramPump pump = new DatagramPump(flow, DATAGRAM_IDLE);
        ChannelFuture connecting =
                DatagramSockets.bootstrap(flow.loop()).handler(pump).connect(destination);
        connecting.addListener(done -> answer(flow, connecting, pump::start));
    }

    private static void answer(TrackedFlow flow, ChannelFuture connecting, java.util.function.Consumer<Channel> start) {
        if (flow.ended()) {
            connecting.channel().close();
        } else if (connecting.isSuccess()) {
            flow.opened();
            start.accept(connecting.channel());
        } else {
            Throwable cause = connecting.cause();
            flow.reset(ResetReasons.of(cause), String.valueOf(cause.getMessage()));
        }
    }

    private static int timeout(long millis) {
        return (int) (millis == 0 ? DEFAULT_TIMEOUT.toMillis() : Math.min(millis, LONGEST_TIMEOUT.toMillis()));
    }
}

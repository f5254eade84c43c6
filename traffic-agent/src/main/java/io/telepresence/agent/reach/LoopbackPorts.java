package io.telepresence.agent.reach;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.NetUtil;
import io.telepresence.agent.link.ReachCall;
import io.telepresence.agent.link.ReachCall.Wish;
import io.telepresence.rpc.tunnel.Reset;
import io.telepresence.tunnel.ChannelPump;
import io.telepresence.tunnel.DatagramPump;
import io.telepresence.tunnel.DatagramSockets;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReasons;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * Leads clients to ports on the pod's loopback, IPv4 first, then IPv6. A datagram socket cannot tell whether somebody
 * listens: it is always IPv4, unless the pod has none.
 */
final class LoopbackPorts {
    /** Both tries together within the manager's patience. */
    private static final int DIAL_MILLIS = 2_000;

    private static final List<InetAddress> ADDRESSES = List.of(NetUtil.LOCALHOST4, NetUtil.LOCALHOST6);

    private final Duration udpIdle;

    LoopbackPorts(Duration udpIdle) {
        this.udpIdle = udpIdle;
    }

    void dial(ReachCall call, Wish.Port port) {
        attempt(call, port, 0);
    }

    private void attempt(ReachCall call, Wish.Port port, int index) {
        InetSocketAddress address = new InetSocketAddress(ADDRESSES.get(index), port.number());
        Bootstrap bootstrap;
        if (port.udp()) {
            bootstrap = DatagramSockets.bootstrap(call.loop()).option(ChannelOption.AUTO_READ, false);
        } else {
            bootstrap = new Bootstrap().group(call.loop()).channel(EpollSocketChannel.class);
            ChannelPump.configure(bootstrap);
            bootstrap.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, DIAL_MILLIS);
        }
        bootstrap.handler(new ChannelInboundHandlerAdapter()).connect(address).addListener((ChannelFuture done) -> {
            if (done.isSuccess()) {
                join(call, done.channel(), port.udp());
            } else if (index + 1 < ADDRESSES.size()) {
                attempt(call, port, index + 1);
            } else {
                call.refuse(ResetReasons.of(done.cause()), "nothing listens on port " + port.number() + " of the pod");
            }
        });
    }

    private void join(ReachCall call, Channel channel, boolean udp) {
        Flow flow;
        try {
            flow = call.open(new BeforePump(channel));
        } catch (RuntimeException e) {
            channel.close();
            throw e;
        }
        if (udp) {
            DatagramPump pump = new DatagramPump(flow, udpIdle);
            channel.pipeline().addLast(pump);
            flow.opened();
            pump.start(channel);
            channel.config().setAutoRead(true);
        } else {
            ChannelPump pump = new ChannelPump(flow);
            channel.pipeline().addLast(pump);
            flow.opened();
            pump.start(channel);
        }
    }

    /** Until a pump takes over: when the flow ends, the socket goes. */
    private record BeforePump(Channel channel) implements FlowHandler {
        @Override
        public void onData(Flow flow, ByteBuf data) {
            data.release();
        }

        @Override
        public void onFinished(Flow flow) {
            flow.finish();
        }

        @Override
        public void onReset(Flow flow, Reset.Why why, String text) {
            // onClosed follows.
        }

        @Override
        public void onClosed(Flow flow) {
            channel.close();
        }
    }
}

package io.telepresence.agent.podaccess;

import io.netty.channel.ChannelFuture;
import io.netty.util.NetUtil;
import io.telepresence.agent.manager.PodAccessCall;
import io.telepresence.agent.manager.PodAccessCall.Wish;
import io.telepresence.agree.Transport;
import io.telepresence.tunnel.ResetReasons;
import io.telepresence.tunnel.splice.Splice;
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
    private static final Duration DIAL = Duration.ofSeconds(2);

    private static final List<InetAddress> ADDRESSES = List.of(NetUtil.LOCALHOST4, NetUtil.LOCALHOST6);

    private final Duration udpIdle;

    LoopbackPorts(Duration udpIdle) {
        this.udpIdle = udpIdle;
    }

    void dial(PodAccessCall call, Wish.Port port) {
        attempt(call, port, 0);
    }

    private void attempt(PodAccessCall call, Wish.Port port, int index) {
        InetSocketAddress address = new InetSocketAddress(ADDRESSES.get(index), port.number());
        Transport protocol = port.udp() ? Transport.UDP : Transport.TCP;
        Splice.dial(call.loop(), protocol, address, DIAL).addListener((ChannelFuture done) -> {
            if (done.isSuccess()) {
                Splice.join(call.flow(), done.channel(), protocol, udpIdle);
            } else if (index + 1 < ADDRESSES.size()) {
                attempt(call, port, index + 1);
            } else {
                call.refuse(ResetReasons.of(done.cause()), "nothing listens on port " + port.number() + " of the pod");
            }
        });
    }
}

package io.telepresence.userd.podaccess;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.socket.DatagramPacket;
import io.telepresence.tunnel.splice.DatagramSession;
import java.net.InetSocketAddress;

/** A local sender at a UDP port. */
final class UdpSender implements DatagramSession.Peer {
    private final Channel endpoint;
    private final InetSocketAddress from;
    private final Runnable ended;
    private final DatagramSession session = new DatagramSession(this, System::nanoTime);

    /** @param ended called when the flow is over, at least once */
    UdpSender(Channel endpoint, InetSocketAddress from, Runnable ended) {
        this.endpoint = endpoint;
        this.from = from;
        this.ended = ended;
    }

    DatagramSession session() {
        return session;
    }

    @Override
    public void deliver(ByteBuf data, Runnable taken) {
        endpoint.writeAndFlush(new DatagramPacket(data, from)).addListener(done -> taken.run());
    }

    @Override
    public void onEnded() {
        ended.run();
    }
}

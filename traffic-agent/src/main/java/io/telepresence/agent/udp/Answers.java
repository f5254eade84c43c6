package io.telepresence.agent.udp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;

/**
 * The way back to one source: through the listening socket, so that the source sees the answer come from the port it
 * asked.
 *
 * @param listener the listening socket
 * @param source who gets the answers
 */
record Answers(Channel listener, InetSocketAddress source) {
    /** Sends one datagram; any thread; owns {@code data}. */
    ChannelFuture send(ByteBuf data) {
        return listener.writeAndFlush(new DatagramPacket(data, source));
    }
}

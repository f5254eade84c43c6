package io.telepresence.agent.http1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.route.Destination;
import java.net.InetSocketAddress;

/** Goes on, byte for byte, with a connection that turned out not to be HTTP/1 before anything of it was judged. */
@FunctionalInterface
public interface RawFallback {
    /**
     * Takes over; called on the channel's loop.
     *
     * @param first what was read already, may be empty; owned by this
     * @param ended whether the caller has ended its direction after that
     * @param upstream the connection that its bytes went to so far; null: none
     * @param to where that leads
     */
    void take(
            DuplexChannel caller,
            InetSocketAddress address,
            ByteBuf first,
            boolean ended,
            DuplexChannel upstream,
            Destination to);
}

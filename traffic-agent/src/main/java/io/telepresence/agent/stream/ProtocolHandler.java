package io.telepresence.agent.stream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.DuplexChannel;
import java.net.InetSocketAddress;

/** Goes on with callers' connections that have turned out to speak one protocol. Thread-safe. */
public interface ProtocolHandler {
    /**
     * Takes over; called on the channel's loop.
     *
     * @param caller registered, configured as {@link Sockets#configure} does, with no read under way; whatever is in its
     *     pipeline (TLS, say) belongs there. Add handlers at the end, and read from and write to the channel itself
     * @param address of the caller, which the channel may have forgotten
     * @param first what was read already; at least one byte; owned by the speaker
     */
    void take(DuplexChannel caller, InetSocketAddress address, ByteBuf first);

    /** Whether it can take callers now; if not, their bytes are forwarded as they are. */
    default boolean isReady() {
        return true;
    }
}

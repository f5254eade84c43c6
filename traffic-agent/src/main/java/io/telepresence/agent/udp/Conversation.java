package io.telepresence.agent.udp;

import io.netty.buffer.ByteBuf;
import io.telepresence.agent.route.Destination;

/** All datagrams of one source address, and the answers to it. Called on the listener's loop. */
interface Conversation extends UdpSources.Remembered {
    /** How long one that has ended drops what comes, so that whoever refused is not asked at every datagram. */
    long ASK_AGAIN_NANOS = 1_000_000_000;

    /** Where it goes; when the rules say something else, it is closed and a new one begins. */
    Destination destination();

    /** Passes a datagram on, or drops it as a network would; owns {@code data}. */
    void datagram(ByteBuf data);

    /**
     * Whether nothing goes through it any more, and it is time to begin another: a source that goes on speaking must not
     * wait for its own silence.
     */
    boolean stale(long nowNanos);
}

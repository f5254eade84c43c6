package io.telepresence.agent.udp;

import io.netty.buffer.ByteBuf;
import io.telepresence.agent.rules.Destination;

/** All datagrams of one source address, and the answers to it. Called on the listener's loop. */
interface Conversation {
    /** Where it goes; when the rules say something else, it is closed and a new one begins. */
    Destination destination();

    /** Passes a datagram on, or drops it as a network would; owns {@code data}. */
    void datagram(ByteBuf data);

    /** When the last datagram went either way, in {@link System#nanoTime} units. */
    long lastNanos();

    /** Ends it; idempotent. */
    void close();
}

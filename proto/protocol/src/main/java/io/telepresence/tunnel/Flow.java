package io.telepresence.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;

/**
 * One end of a two-way flow through the tunnel. TCP: a byte stream with half-close. UDP: each {@link #write} is one
 * datagram.
 *
 * <p>Order: the accepting end answers {@link #opened} or {@link #reset}; after that both ends write, {@link #finish}
 * ends one direction, the flow is over once both have finished, or at a reset.
 *
 * <p>Threads: every method is called on {@link #loop()}, except {@link #reset} and {@link #request}, which may come from
 * any thread. The {@link FlowHandler} is always called on the loop. After the flow is over every method does nothing
 * (and releases what it was given).
 */
public interface Flow {
    FlowKey key();

    /** The event loop that owns this flow; register the socket that it feeds on the same one. */
    EventLoop loop();

    /**
     * Takes the handler that hears of everything from now on; call it before the first {@link #request}. A flow that is
     * over already answers with {@link FlowHandler#onReset} and {@link FlowHandler#onClosed} at once.
     */
    void handler(FlowHandler handler);

    /** Accepting end only: the far side has been dialled. */
    void opened();

    /** False: there is no credit; stop reading the source until {@link FlowHandler#onWritable}. */
    boolean isWritable();

    /** Sends; ownership of {@code data} passes to the flow. May be called without credit, but then memory grows. */
    void write(ByteBuf data);

    /** This end will write no more; reading goes on. */
    void finish();

    /**
     * Ends both directions at once; the peer's handler gets {@link FlowHandler#onReset}, with this reason where the flow was
     * not opened yet, else with {@code ABORTED} (or {@code DENIED}). Idempotent.
     */
    void reset(ResetReason why, String text);

    /** Allows {@code frames} more calls of {@link FlowHandler#onData}. Nothing is received without asking. */
    void request(int frames);
}

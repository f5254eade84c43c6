package io.telepresence.tunnel;

import io.netty.buffer.ByteBuf;

/**
 * Hears what happens on a {@link Flow}; always called on the flow's event loop, and must not block. By default it throws
 * away what comes.
 */
public interface FlowHandler {
    /** For a flow that nobody listens to. */
    FlowHandler DISCARD = new FlowHandler() {};

    /** Opening end only: the far side has dialled. Data may follow. */
    default void onOpened(Flow flow) {}

    /** Data came; ownership of {@code data} passes to the handler. */
    default void onData(Flow flow, ByteBuf data) {
        data.release();
    }

    /** The peer will send no more. */
    default void onFinished(Flow flow) {}

    /** There is credit again. */
    default void onWritable(Flow flow) {}

    /** The flow was cut, or never opened. {@link #onClosed} follows. */
    default void onReset(Flow flow, ResetReason why, String text) {}

    /** Always the last call, exactly once: both directions have finished, or the flow was reset by either end. */
    default void onClosed(Flow flow) {}
}

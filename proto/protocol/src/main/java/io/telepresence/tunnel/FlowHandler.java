package io.telepresence.tunnel;

import io.netty.buffer.ByteBuf;
import io.telepresence.rpc.tunnel.Reset;

/** Hears what happens on a {@link Flow}; always called on the flow's event loop, and must not block. */
public interface FlowHandler {
    /** Opening end only: the far side has dialled. Data may follow. */
    default void onOpened(Flow flow) {}

    /** Data came; ownership of {@code data} passes to the handler. */
    void onData(Flow flow, ByteBuf data);

    /** The peer will send no more. */
    void onFinished(Flow flow);

    /** There is credit again. */
    default void onWritable(Flow flow) {}

    /** The flow was cut, or never opened. {@link #onClosed} follows. */
    void onReset(Flow flow, Reset.Why why, String text);

    /** Always the last call, exactly once: both directions have finished, or the flow was reset by either end. */
    default void onClosed(Flow flow) {}
}

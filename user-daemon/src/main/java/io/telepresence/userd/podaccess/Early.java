package io.telepresence.userd.podaccess;

import io.netty.buffer.ByteBuf;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;

/** Hears of a flow until it is opened, when somebody else takes over; data cannot come before. */
interface Early extends FlowHandler {
    @Override
    default void onData(Flow flow, ByteBuf data) {
        data.release();
    }

    @Override
    default void onFinished(Flow flow) {
        flow.finish();
    }
}

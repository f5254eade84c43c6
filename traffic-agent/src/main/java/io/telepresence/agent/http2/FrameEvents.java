package io.telepresence.agent.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Headers;

/** Events of one connection, without priorities: nobody here acts on them. */
abstract class FrameEvents extends Http2EventAdapter {
    @Override
    public abstract void onHeadersRead(
            ChannelHandlerContext context, int id, Http2Headers headers, int padding, boolean end);

    @Override
    public final void onHeadersRead(
            ChannelHandlerContext context,
            int id,
            Http2Headers headers,
            int dependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean end) {
        onHeadersRead(context, id, headers, padding, end);
    }
}

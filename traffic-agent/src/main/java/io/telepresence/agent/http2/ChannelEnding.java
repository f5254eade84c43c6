package io.telepresence.agent.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;

/**
 * Stands before the codec: in HTTP/2 a peer that ends its direction has ended the connection, and says so here before
 * the codec closes the streams.
 */
final class ChannelEnding extends ChannelInboundHandlerAdapter {
    /** Hears of the end, once. */
    interface Listener {
        /** @param broken the peer has reset the connection */
        void ended(boolean broken);
    }

    private final Listener listener;
    private boolean broken;

    ChannelEnding(Listener listener) {
        this.listener = listener;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            context.close();
        } else {
            context.fireUserEventTriggered(event);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        broken = true;
        context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        listener.ended(broken);
        context.fireChannelInactive();
    }
}

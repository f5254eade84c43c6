package io.telepresence.agent.tls;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;

/** Inside TLS the peer's direction ends with TLS's own end; whoever speaks inside hears of it as of a socket's end. */
final class TlsEnd extends ChannelInboundHandlerAdapter {
    private boolean ended;

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        boolean end = event == SslCloseCompletionEvent.SUCCESS || event == ChannelInputShutdownEvent.INSTANCE;
        if (!end) {
            context.fireUserEventTriggered(event);
        } else if (!ended) {
            ended = true;
            context.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
    }
}

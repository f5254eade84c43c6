package io.telepresence.tunnel.splice;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Keeps what a socket reads before its pump is there: when the peer has ended its direction, epoll reads although nobody
 * asked. When it is removed, the handlers behind it get everything, the end too. At most what the kernel's buffer held.
 */
final class EarlyReads extends ChannelInboundHandlerAdapter {
    private final Queue<Object> reads = new ArrayDeque<>();
    private boolean ended;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        reads.add(message);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            ended = true;
        } else {
            context.fireUserEventTriggered(event);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (!context.channel().isActive()) {
            reads.forEach(ReferenceCountUtil::release);
            return;
        }
        boolean any = !reads.isEmpty();
        reads.forEach(context::fireChannelRead);
        if (any) {
            context.fireChannelReadComplete();
        }
        if (ended) {
            context.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
    }
}

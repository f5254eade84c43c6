package io.telepresence.agent.http1;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.telepresence.agent.stream.Sockets;
import java.util.concurrent.TimeUnit;

/**
 * Ends a caller's connection after the last response (RFC 9112, section 9.6): says so, and goes on reading and dropping
 * for a few seconds, since closing at once would reset what the caller has not received yet.
 */
final class LingeringClose extends ChannelInboundHandlerAdapter {
    private static final int PATIENCE_SECONDS = 5;

    private final DuplexChannel caller;
    private Future<?> bound;

    private LingeringClose(DuplexChannel caller) {
        this.caller = caller;
    }

    /** @param ended whether the caller has said the same already */
    static void to(DuplexChannel caller, boolean ended) {
        if (!caller.isActive()) {
            return;
        }
        LingeringClose farewell = new LingeringClose(caller);
        caller.pipeline().addLast(farewell);
        Sockets.finish(caller);
        farewell.bound = caller.eventLoop().schedule(farewell::over, PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (ended) {
            farewell.over();
        } else {
            caller.read();
        }
    }

    private void over() {
        bound.cancel(false);
        caller.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> caller.close());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ReferenceCountUtil.release(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        caller.read();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            over();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        caller.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        bound.cancel(false);
    }
}

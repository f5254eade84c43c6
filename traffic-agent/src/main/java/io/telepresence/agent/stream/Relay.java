package io.telepresence.agent.stream;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;

/**
 * One side of two sockets that are joined on one event loop: what this one receives the other one sends. A buffer is
 * passed on as it is; while the other side does not take more, this one is not read, so that at most one buffer a
 * direction waits here. The end of one direction is passed on once everything before it is written; a reset at once.
 * When both directions have ended, both sockets are closed.
 */
public final class Relay extends ChannelInboundHandlerAdapter {
    private DuplexChannel peer;
    private boolean ended;
    private boolean passedOn;

    /** Sets where this side's bytes go; before the first read. Without it (a failed dial) nothing is done at all. */
    public void to(DuplexChannel other) {
        peer = other;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        peer.writeAndFlush(message, peer.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (peer != null && !ended && peer.isWritable()) {
            context.read();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (peer != null && context.channel().isWritable() && peer.isActive() && !peer.isInputShutdown()) {
            peer.read();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (peer != null && event == ChannelInputShutdownEvent.INSTANCE && !ended) {
            ended = true;
            peer.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> passEnd(context.channel()));
        }
    }

    private void passEnd(Channel self) {
        passedOn = true;
        peer.shutdownOutput();
        Relay other = peer.pipeline().get(Relay.class);
        if (other == null || other.passedOn) {
            peer.close();
            self.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (peer == null) {
            return; // epoll may report a socket before it is connected; a failed dial is told by its future
        }
        Sockets.reset(context.channel());
        Sockets.reset(peer);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (peer == null) {
            return;
        }
        if (ended) {
            peer.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> peer.close());
        } else {
            Sockets.reset(peer);
        }
    }
}

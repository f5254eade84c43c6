package io.telepresence.userd.relay;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Passes on what one channel reads to its peer, and reads only while the peer takes it. Both share a loop. */
final class Join extends ChannelInboundHandlerAdapter {
    private final Channel peer;
    private boolean waiting;

    Join(Channel peer) {
        this.peer = peer;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        peer.write(message, peer.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        peer.flush();
        if (peer.isWritable()) {
            context.read();
        } else {
            waiting = true;
        }
    }

    /** This channel takes data again: its peer's reader may go on. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (context.channel().isWritable() && peer.pipeline().last() instanceof Join other) {
            other.resume(peer);
        }
    }

    private void resume(Channel own) {
        if (waiting) {
            waiting = false;
            own.read();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        peer.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}

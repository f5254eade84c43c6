package io.telepresence.agent.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;

/**
 * One side of two channels that are joined on one event loop: what this one receives the other one sends. A buffer is
 * passed on as it is; while the other side does not take more, this one is not read, so that at most one buffer a
 * direction waits here. The end of one direction is passed on once everything before it is written; a reset at once.
 * When both directions have ended, both channels are closed.
 */
public final class Relay extends ChannelInboundHandlerAdapter {
    /** Hears what passes one way. On the channel's loop; must not block. */
    public interface Listener {
        /**
         * Bytes came.
         *
         * @return whether they shall be passed on; false: the listener owns them, and the connection
         */
        boolean data(ByteBuf data);

        /** The direction has ended well. */
        void ended();

        /**
         * The channel was reset, or closed before its direction had ended. Once, and not after {@link #ended}.
         *
         * @return whether the other one shall be reset; false: the listener owns it
         */
        boolean lost();
    }

    private final Listener listener;
    private DuplexChannel peer;
    private boolean ended;
    private boolean passedOn;
    /** Null: the channel is not lost. */
    private Boolean resetPeer;

    private ByteBuf early = Unpooled.EMPTY_BUFFER;
    private boolean parted;

    /** @param listener of this direction; null: none */
    public Relay(Listener listener) {
        this.listener = listener;
    }

    /**
     * Begins to pass bytes both ways; both channels have a relay in their pipelines and are on the calling loop. Before,
     * a relay keeps the little that comes without being asked for.
     *
     * @param first what was read from {@code a} before it had a relay; owned by this
     * @param ended whether {@code a} has ended its direction after that
     */
    public static void join(DuplexChannel a, DuplexChannel b, ByteBuf first, boolean ended) {
        Relay fromA = a.pipeline().get(Relay.class);
        Relay fromB = b.pipeline().get(Relay.class);
        if (fromA == null || !a.isActive()) {
            first.release();
            Sockets.reset(b);
            return;
        }
        fromA.peer = b;
        fromB.peer = a;
        ByteBuf begin = Unpooled.wrappedBuffer(first, fromA.takeEarly());
        boolean over = ended || a.isInputShutdown();
        if (begin.isReadable()) {
            fromA.pass(begin);
        } else {
            begin.release();
        }
        if (fromA.peer == null) {
            if (over) {
                a.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
            }
            return;
        }
        if (over) {
            fromA.end(a);
        } else {
            a.read();
        }
        b.read();
    }

    private ByteBuf takeEarly() {
        ByteBuf taken = early;
        early = Unpooled.EMPTY_BUFFER;
        return taken;
    }

    /** Leaves both channels to somebody else, with nothing in their pipelines. */
    public static void part(DuplexChannel a, DuplexChannel b) {
        part(a);
        part(b);
    }

    private static void part(DuplexChannel channel) {
        Relay relay = channel.pipeline().remove(Relay.class);
        relay.peer = null;
        relay.parted = true;
    }

    private void pass(ByteBuf data) {
        if (listener == null || listener.data(data)) {
            peer.writeAndFlush(data, peer.voidPromise());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (peer != null) {
            pass((ByteBuf) message);
        } else if (parted) {
            ((ByteBuf) message).release();
        } else {
            early = Unpooled.wrappedBuffer(early, (ByteBuf) message);
        }
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
        if (peer != null && event == ChannelInputShutdownEvent.INSTANCE) {
            end(context.channel());
        }
    }

    private void end(Channel self) {
        if (!ended) {
            ended = true;
            if (listener != null) {
                listener.ended();
            }
            peer.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> passEnd(self));
        }
    }

    private void passEnd(Channel self) {
        passedOn = true;
        Sockets.shutdownOutput(peer);
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
        boolean peerToo = lost();
        Sockets.reset(context.channel());
        if (peerToo && peer != null) {
            Sockets.reset(peer);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        takeEarly().release();
        if (peer == null) {
            return;
        }
        if (ended) {
            peer.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> peer.close());
        } else if (lost()) {
            Sockets.reset(peer);
        }
    }

    /** Whether the other channel shall be reset. */
    private boolean lost() {
        if (resetPeer == null) {
            resetPeer = listener == null || ended || listener.lost();
        }
        return resetPeer;
    }
}

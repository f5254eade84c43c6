package io.telepresence.agent.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.concurrent.Future;
import io.telepresence.agent.route.Destination;
import io.telepresence.agent.stream.Upstreams;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/**
 * One HTTP/2 connection to the app or to a laptop, on behalf of one caller's connection. It counts as there when the
 * server's SETTINGS have come: a program that speaks something else has then seen no request, and the request can go
 * elsewhere. Streams wait until then, and while the server allows no more at once. Lives on the caller's loop.
 *
 * <p>CONNECTING → READY → LEAVING (the server takes no new streams) → CLOSED; from each of them → CLOSED.
 */
final class UpstreamHttp2Connection {
    /** From the connection being there until the server's SETTINGS. */
    private static final long PATIENCE_MILLIS = 5_000;

    private static final int FEW = 64;

    /** Hears what concerns more than one stream. */
    interface Owner {
        void settings(UpstreamHttp2Connection server, Http2Settings settings);

        /** The server takes no new streams; those on the way to it can be opened elsewhere. */
        void leaving(UpstreamHttp2Connection server, long code, ByteBuf debug);

        /**
         * The connection is gone; its streams hear of it right after this.
         *
         * @param broken by a reset
         */
        void gone(UpstreamHttp2Connection server, boolean broken);
    }

    private enum State {
        CONNECTING,
        READY,
        LEAVING,
        CLOSED
    }

    private final Destination to;
    private final Owner owner;
    private final FlowControlWindows windows;
    private final Queue<UpstreamStream> waiting = new ArrayDeque<>();
    private State state = State.CONNECTING;
    private Http2Peer peer;
    private Future<?> patience;
    /** More than so many waiting: those that nobody waits for any more are forgotten. */
    private int mostWaiting = FEW;

    private int lastHeard = Integer.MAX_VALUE;
    private boolean used;

    private UpstreamHttp2Connection(Destination to, Owner owner) {
        this.to = to;
        this.owner = owner;
        this.windows = to instanceof Destination.ToApp ? FlowControlWindows.NEAR : FlowControlWindows.FAR;
    }

    static UpstreamHttp2Connection open(
            Upstreams upstreams, EventLoop loop, Destination to, InetSocketAddress caller, Owner owner) {
        UpstreamHttp2Connection server = new UpstreamHttp2Connection(to, owner);
        upstreams.connect(loop, to, caller, Mute::new, server::connected, server::failed);
        return server;
    }

    Destination to() {
        return to;
    }

    /** Whether new streams may be sent here. */
    boolean takesStreams() {
        return state == State.CONNECTING || state == State.READY;
    }

    /** Whether a stream was ever opened on it. */
    boolean wasUsed() {
        return used;
    }

    /** Streams that are open. */
    int streams() {
        return peer == null ? 0 : peer.streams();
    }

    /** Opens a stream, now or when that is possible; or says that the server is not there. */
    void send(UpstreamStream stream) {
        if (waiting.size() >= mostWaiting) {
            waiting.removeIf(UpstreamStream::isOver);
            mostWaiting = Math.max(FEW, 2 * waiting.size());
        }
        waiting.add(stream);
        if (state == State.READY) {
            sendWaiting();
        }
    }

    /** How many streams wait to be opened. */
    int waiting() {
        return waiting.size();
    }

    private void connected(Channel channel) {
        if (state == State.CLOSED) {
            channel.close();
            return;
        }
        try {
            peer = Http2Peer.client(channel, windows, new Events());
            patience = channel.eventLoop().schedule(this::giveUp, PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            peer.begin(windows, new ChannelEnding(this::ended));
            if (!channel.isActive()) {
                ended(false);
            }
        } catch (Http2Exception | RuntimeException e) {
            channel.close();
            failed(e);
        }
    }

    private void giveUp() {
        if (state == State.CONNECTING) {
            failed(new ConnectException("it does not speak HTTP/2"));
            peer.close();
        }
    }

    private void failed(Throwable why) {
        if (state != State.CLOSED) {
            State before = state;
            state = State.CLOSED;
            owner.gone(this, false);
            tellWaiting(before == State.CONNECTING ? why : new ConnectException("the connection has ended"));
        }
    }

    private void ended(boolean broken) {
        if (patience != null) {
            patience.cancel(false);
        }
        if (state != State.CLOSED) {
            state = State.CLOSED;
            owner.gone(this, broken);
            tellWaiting(new ConnectException("the connection has ended"));
        }
    }

    private void tellWaiting(Throwable why) {
        for (UpstreamStream stream = waiting.poll(); stream != null; stream = waiting.poll()) {
            if (!stream.isOver()) {
                stream.notThere(why);
            }
        }
    }

    private void turnWaitingAway() {
        for (UpstreamStream stream = waiting.poll(); stream != null; stream = waiting.poll()) {
            if (!stream.isOver()) {
                stream.turnedAway();
            }
        }
    }

    private void sendWaiting() {
        while (state == State.READY && peer.mayOpenStream() && !waiting.isEmpty()) {
            UpstreamStream stream = waiting.poll();
            if (!stream.isOver()) {
                used = true;
                int id = stream.begin(peer);
                if (peer.stream(id) == null) {
                    stream.closed(true);
                } else {
                    peer.settle(id, stream);
                }
            }
        }
    }

    private void leave(int last, long code, ByteBuf debug) {
        lastHeard = last;
        if (state == State.READY || state == State.CONNECTING) {
            state = State.LEAVING;
            patience.cancel(false);
            owner.leaving(this, code, debug);
            turnWaitingAway();
            // Not from within: the codec is still at it.
            peer.channel().eventLoop().execute(this::closeIfIdle);
        }
    }

    private void closeIfIdle() {
        if (state == State.LEAVING && peer.streams() == 0) {
            peer.close();
        }
    }

    /** Ends it at once; streams that are still open are cancelled by whoever has them. */
    void close() {
        if (state != State.CLOSED) {
            state = State.CLOSED;
            waiting.clear();
            if (peer != null) {
                peer.close();
            }
        }
    }

    /** Says nothing until the codec is there; errors that come before are told by the future of the connect. */
    private static final class Mute extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    private final class Events extends FrameEvents {
        private UpstreamStream stream(int id) {
            return peer.tenant(peer.stream(id));
        }

        @Override
        public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings) {
            if (state == State.CONNECTING) {
                state = State.READY;
                patience.cancel(false);
            }
            owner.settings(UpstreamHttp2Connection.this, settings);
            sendWaiting();
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context, int id, Http2Headers headers, int padding, boolean end) {
            UpstreamStream stream = stream(id);
            if (stream != null) {
                stream.headers(headers, end);
            }
        }

        @Override
        public int onDataRead(ChannelHandlerContext context, int id, ByteBuf data, int padding, boolean end) {
            UpstreamStream stream = stream(id);
            return stream == null ? data.readableBytes() + padding : stream.data(data, padding, end);
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext context, int id, long code) {
            UpstreamStream stream = stream(id);
            if (stream != null) {
                stream.reset(code);
            }
        }

        @Override
        public void onGoAwayReceived(int last, long code, ByteBuf debug) {
            leave(last, code, debug);
        }

        @Override
        public void onStreamClosed(Http2Stream closed) {
            UpstreamStream stream = peer.tenant(closed);
            if (stream != null) {
                stream.closed(closed.id() > lastHeard);
            }
            if (state == State.READY) {
                sendWaiting();
            } else {
                closeIfIdle();
            }
        }
    }
}

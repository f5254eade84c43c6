package io.telepresence.agent.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.route.Destination;
import java.nio.charset.StandardCharsets;

/**
 * One connection to the app or to a laptop: finds the end of each response, and passes its bytes to the caller. Idle
 * between exchanges; then it only notices that the peer has gone.
 */
final class UpstreamConnection extends ChannelInboundHandlerAdapter {
    private static final ByteBuf CLOSE =
            Unpooled.unreleasableBuffer(Unpooled.copiedBuffer("Connection: close\r\n", StandardCharsets.US_ASCII)
                    .asReadOnly());

    private final Http1Connection connection;
    private DuplexChannel channel;
    private Destination to;
    private Http1Exchange exchange;
    private BodyFraming body;
    private final PartialHead partial = new PartialHead();
    private boolean used;
    private boolean persistent;
    private boolean over;

    UpstreamConnection(Http1Connection connection) {
        this.connection = connection;
    }

    /** The connection is there; before that (a failed dial) nothing is done at all. */
    void opened(DuplexChannel connected, Destination destination) {
        channel = connected;
        to = destination;
    }

    DuplexChannel channel() {
        return channel;
    }

    Destination destination() {
        return to;
    }

    /** Whether another request may be sent on it. */
    boolean isIdle() {
        return exchange == null && !over;
    }

    /** Whether an exchange went over it before. */
    boolean isUsed() {
        return used;
    }

    /** Whether the server keeps it open after the response that has ended. */
    boolean isPersistent() {
        return persistent && !over;
    }

    /** Whether a part of the response was passed on. */
    boolean hasAnswered() {
        return body != null;
    }

    void begin(Http1Exchange next) {
        exchange = next;
        body = null;
        persistent = true;
        channel.read();
    }

    /** The exchange is complete. */
    void idle() {
        exchange = null;
        used = true;
        channel.flush();
        channel.read();
    }

    /** Nothing that happens on it matters any more. */
    void forget() {
        over = true;
        exchange = null;
        partial.release();
    }

    void write(ByteBuf data) {
        channel.write(data, channel.voidPromise());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf data = (ByteBuf) message;
        if (exchange == null || exchange.responseDone) {
            data.release();
            persistent = false;
            if (exchange == null && !over) {
                connection.idleUpstreamEnded(this);
            }
            return;
        }
        exchange.answered();
        respond(partial.join(data));
    }

    private void respond(ByteBuf data) {
        int begin = data.readerIndex();
        int end = data.writerIndex();
        int at = begin;
        boolean tunnel = false;
        while (at < end && !tunnel && !isDone()) {
            if (body != null) {
                at = body.consume(data, at, end);
                if (body.isBroken()) {
                    data.release();
                    connection.abort("the response is not chunked as it should be");
                    return;
                }
                continue;
            }
            int headEnd = partial.end(data, at, end);
            if (headEnd < 0 && end - at <= HeadDelimiter.LONGEST) {
                break;
            }
            switch (headEnd < 0 ? ResponseHead.Kind.FOREIGN : head(data, at, headEnd)) {
                case FOREIGN -> {
                    body = BodyFraming.untilClose();
                    persistent = false;
                }
                case AMBIGUOUS -> {
                    data.release();
                    connection.refuse(Refusal.BAD_GATEWAY, "the length of the response is not clear");
                    return;
                }
                case TUNNEL -> {
                    at = headEnd;
                    tunnel = true;
                }
                case INTERIM -> at = headEnd;
                case FINAL -> {
                    if (persistent && connection.mustLeave(to)) {
                        askToLeave(data, at, headEnd);
                        begin = data.readerIndex();
                    }
                    at = headEnd;
                }
            }
        }
        pass(data, begin, at, end, tunnel);
    }

    private ResponseHead.Kind head(ByteBuf data, int begin, int end) {
        ResponseHead head = ResponseHead.local();
        ResponseHead.Kind kind = head.read(data, begin, end, exchange.method);
        if (kind == ResponseHead.Kind.FINAL) {
            body = head.body(exchange.method);
            persistent = head.isPersistent() && !body.isUntilClose();
        }
        return kind;
    }

    /** The first field of the head that begins there says that the connection ends with this response. */
    private void askToLeave(ByteBuf data, int headBegin, int headEnd) {
        int fields = data.indexOf(headBegin, headEnd, (byte) '\n') + 1;
        connection.toCaller(data.readRetainedSlice(fields - data.readerIndex()));
        connection.toCaller(CLOSE.duplicate());
        persistent = false;
    }

    private boolean isDone() {
        return body != null && body.isDone();
    }

    private void pass(ByteBuf data, int begin, int at, int end, boolean tunnel) {
        if (tunnel) {
            connection.tunnel(this, data);
            return;
        }
        boolean done = isDone();
        if (at < end && !done) {
            partial.keep(data, at);
        } else if (at < end) {
            // More than a response: whatever it is, it answers nothing.
            persistent = false;
        }
        if (at == end) {
            connection.toCaller(data);
        } else {
            if (at > begin) {
                connection.toCaller(data.retainedSlice(begin, at - begin));
            }
            data.release();
        }
        if (done) {
            connection.responseDone();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        connection.upstreamReadComplete(this);
    }

    /** Reads on, if there is something to wait for. */
    void read() {
        if (!over) {
            channel.read();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (channel != null && channel.isWritable()) {
            connection.upstreamWritable();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (channel == null || over || event != ChannelInputShutdownEvent.INSTANCE) {
            return;
        }
        if (exchange == null) {
            connection.idleUpstreamEnded(this);
        } else if (body != null && body.isUntilClose()) {
            persistent = false;
            connection.responseDone();
        } else {
            ByteBuf rest = partial.take();
            if (rest != null) {
                connection.toCaller(rest);
            }
            connection.upstreamEnded();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        lost(String.valueOf(cause.getMessage()));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        lost("closed");
    }

    private void lost(String why) {
        if (channel == null || over) {
            return; // epoll may report a socket before it is connected; a failed dial is told by its future
        }
        if (exchange == null) {
            connection.idleUpstreamEnded(this);
        } else {
            connection.upstreamLost(why);
        }
    }
}

package io.telepresence.agent.http1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.detect.DetectedProtocol;
import io.telepresence.agent.route.Destination;
import io.telepresence.agent.stream.PortServices;
import io.telepresence.agent.stream.Sockets;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One caller's connection. HEAD (a request's head is awaited) → CONNECTING → EXCHANGE (request and response are under way)
 * → HEAD … → GONE. One exchange at a time: what a caller pipelines waits, so
 * that answers come in order wherever the requests go. A connection to each destination is kept for later requests.
 *
 * <p>At most one buffer from the caller waits here, or a head. Everything happens on the caller's loop.
 */
final class Http1Connection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Http1Connection.class);

    private enum State {
        HEAD,
        CONNECTING,
        EXCHANGE,
        GONE
    }

    private final PortServices services;
    private final RawFallback unread;
    private final DuplexChannel caller;
    private final InetSocketAddress address;
    private final UpstreamConnections kept;
    private final DownstreamBytes pending = new DownstreamBytes();
    private State state = State.HEAD;
    private final HeadTimer timer;
    private Http1Exchange exchange;
    private boolean judged;
    private boolean callerEnded;
    private boolean advancing;

    Http1Connection(PortServices services, RawFallback unread, DuplexChannel caller, InetSocketAddress address) {
        this.services = services;
        this.unread = unread;
        this.caller = caller;
        this.address = address;
        this.timer = new HeadTimer(caller, () -> unclear(Refusal.TIMEOUT, "the request's head does not end"));
        this.kept = new UpstreamConnections(services, this, caller, address);
    }

    /** @param open a connection that the caller's bytes went to before; null: none */
    void start(ByteBuf first, DuplexChannel open, Destination to) {
        if (open != null) {
            UpstreamConnection upstream = new UpstreamConnection(this);
            open.pipeline().addLast(upstream);
            upstream.opened(open, to);
            upstream.idle();
            kept.add(upstream);
        }
        caller.pipeline().addLast(this);
        pending.add(first);
        advance();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (state == State.GONE) {
            ((ByteBuf) message).release();
        } else {
            pending.add((ByteBuf) message);
            advance();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        readCaller();
    }

    private void advance() {
        if (advancing) {
            return;
        }
        advancing = true;
        boolean more = true;
        while (more) {
            more = switch (state) {
                case HEAD -> head();
                case EXCHANGE -> body();
                case CONNECTING, GONE -> false;
            };
        }
        advancing = false;
        if (exchange != null && exchange.upstream != null) {
            exchange.upstream.channel().flush();
        }
        readCaller();
    }

    private void readCaller() {
        boolean wanted =
                switch (state) {
                    case HEAD -> true;
                    // Also with the request complete: one buffer ahead, to notice that the caller goes.
                    case EXCHANGE ->
                        pending.isEmpty()
                                && (exchange.requestDone
                                        || exchange.upstream.channel().isWritable());
                    case CONNECTING, GONE -> false;
                };
        if (wanted && !callerEnded) {
            caller.read();
        }
    }

    private boolean head() {
        int length = pending.headLength();
        if (length < 0) {
            awaitHead();
            return false;
        }
        timer.stop();
        RequestHead head = RequestHead.local();
        String wrong = head.read(pending.bytes(), pending.begin(), pending.begin() + length);
        if (wrong != null) {
            unclear(Refusal.BAD_REQUEST, wrong);
            return false;
        }
        judged = true;
        exchange = new Http1Exchange(head, length, services.rules().get().route(head));
        exchange.copyTo(services.mirrors(), address);
        state = State.CONNECTING;
        kept.seek(exchange);
        return state == State.EXCHANGE;
    }

    private void awaitHead() {
        if (!judged
                && !pending.isEmpty()
                && !DetectedProtocol.of(pending.bytes()).mayBeHttp1()) {
            unclear(Refusal.BAD_REQUEST, "no request line of HTTP/1");
        } else if (callerEnded) {
            if (pending.isBlank()) {
                end();
            } else {
                unclear(Refusal.BAD_REQUEST, "the request ends within its head");
            }
        } else if (pending.size() > HeadDelimiter.LONGEST) {
            unclear(Refusal.TOO_LARGE, "the request's head is longer than " + HeadDelimiter.LONGEST + " bytes");
        } else if (!pending.isBlank()) {
            timer.start();
        }
    }

    /** Before the first verdict the caller may speak something else; after it there is no way back. */
    private void unclear(Refusal refusal, String why) {
        timer.stop();
        if (state != State.HEAD) {
            return;
        }
        LOG.debug("{} of {}: {}", refusal, address, why);
        if (judged) {
            refuse(refusal, why);
            return;
        }
        state = State.GONE;
        UpstreamConnection open = kept.removeOnly();
        caller.pipeline().remove(this);
        unread.take(
                caller,
                address,
                pending.takeAll(),
                callerEnded,
                open == null ? null : open.channel(),
                open == null ? null : open.destination());
    }

    /** Whether this exchange still waits for its connection. */
    boolean awaits(Http1Exchange waiting) {
        return state == State.CONNECTING && exchange == waiting;
    }

    /** Here is the connection for the exchange. */
    void use(UpstreamConnection upstream) {
        state = State.EXCHANGE;
        if (exchange.headLength > 0) {
            exchange.report(services);
        }
        exchange.begin(upstream, pending);
        advance();
    }

    /** Sends what has come of the request; says whether the exchange has ended and another may begin. */
    private boolean body() {
        if (!exchange.requestDone && (!pending.isEmpty() || exchange.headLength > 0)) {
            send();
        }
        if (state != State.EXCHANGE) {
            return false;
        }
        if (callerEnded && pending.isEmpty() && !exchange.finished) {
            exchange.finished = true;
            // As the caller has done: some servers stop working then.
            Sockets.finish(exchange.upstream.channel());
        }
        return exchange.isDone() && next();
    }

    private void send() {
        if (exchange.send(pending)) {
            return;
        }
        if (exchange.upstream.hasAnswered()) {
            abort("the request is not chunked as it should be");
        } else {
            refuse(Refusal.BAD_REQUEST, "the request is not chunked as it should be");
        }
    }

    private boolean next() {
        UpstreamConnection upstream = exchange.upstream;
        boolean goesOn = exchange.persistent && upstream.isPersistent();
        exchange.release();
        exchange = null;
        if (!goesOn) {
            end();
            return false;
        }
        state = State.HEAD;
        upstream.idle();
        return true;
    }

    /** Whether the caller is to be asked not to keep the connection: the pod ends, and nobody else asks it. */
    boolean mustLeave(Destination from) {
        return from instanceof Destination.ToClient && services.rules().get().isLeaving();
    }

    /** Part of a response; flushed when the upstream has read all. */
    void toCaller(ByteBuf data) {
        caller.write(data, caller.voidPromise());
    }

    void upstreamReadComplete(UpstreamConnection upstream) {
        caller.flush();
        if (exchange != null && exchange.upstream == upstream && caller.isWritable()) {
            upstream.read();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (exchange != null && exchange.upstream != null && caller.isWritable()) {
            exchange.upstream.read();
        }
    }

    void upstreamWritable() {
        readCaller();
    }

    void responseDone() {
        exchange.responseDone = true;
        if (!exchange.requestDone && (callerEnded || !exchange.upstream.isPersistent())) {
            end();
        } else {
            advance();
        }
    }

    /** A peer that ends an idle connection of the app wants its callers to open new ones, elsewhere maybe. */
    void idleUpstreamEnded(UpstreamConnection upstream) {
        kept.close(upstream);
        if (upstream.destination() instanceof Destination.ToApp && state == State.HEAD && pending.isBlank()) {
            end();
        }
    }

    /** The server ended before the end of its response. */
    void upstreamEnded() {
        if (!sentAgain()) {
            end();
        }
    }

    void upstreamLost(String why) {
        if (exchange.responseDone) {
            end();
        } else if (!sentAgain()) {
            abort(why);
        }
    }

    /** The server had given the connection up before it saw the request. */
    private boolean sentAgain() {
        if (exchange.again == null || exchange.upstream.hasAnswered()) {
            return false;
        }
        kept.close(exchange.upstream);
        exchange.upstream = null;
        state = State.CONNECTING;
        kept.dial(exchange);
        return true;
    }

    /** From now on bytes only, both ways; {@code response} begins with the head that says so. */
    void tunnel(UpstreamConnection upstream, ByteBuf response) {
        state = State.GONE;
        kept.remove(upstream);
        kept.closeAll();
        upstream.channel().pipeline().remove(upstream);
        caller.pipeline().remove(this);
        Http1Exchange last = exchange;
        exchange = null;
        UpgradedConnection.begin(caller, upstream.channel(), pending.takeAll(), callerEnded, response, last.takeTees());
        last.release();
    }

    void refuse(Refusal refusal, String why) {
        caller.write(refusal.because(why), caller.voidPromise());
        end();
    }

    /** Ends well: what was written to the caller still arrives. */
    private void end() {
        if (state != State.GONE) {
            state = State.GONE;
            leaveExchange(false);
            kept.closeAll();
            caller.pipeline().remove(this);
            LingeringClose.to(caller, callerEnded);
        }
    }

    /** Ends at once, and lets both sides see that. */
    void abort(String why) {
        if (state == State.GONE) {
            return;
        }
        LOG.debug("cutting the connection of {}: {}", address, why);
        state = State.GONE;
        leaveExchange(true);
        kept.closeAll();
        Sockets.reset(caller);
    }

    private void leaveExchange(boolean reset) {
        timer.stop();
        pending.release();
        if (exchange != null) {
            kept.leave(exchange, reset);
            exchange.release();
            exchange = null;
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE && !callerEnded) {
            callerEnded = true;
            advance();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        abort(String.valueOf(cause.getMessage()));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        abort("the caller closed it");
    }
}

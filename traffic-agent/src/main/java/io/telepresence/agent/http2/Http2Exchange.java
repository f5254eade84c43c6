package io.telepresence.agent.http2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.telepresence.agent.route.RequestRoute;
import io.telepresence.agent.route.Route;
import java.net.ConnectException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

/**
 * One stream of a caller, joined to one stream at a server. A side may send more only when what it sent has left on the
 * other side, so at most one window a direction waits here. Until the server's stream is open, the request is kept as
 * far as it has come: if the server is not there, it goes elsewhere whole.
 */
final class Http2Exchange implements UpstreamStream {
    private static final int TRIES = 3;

    private final Http2Connection caller;
    private final int id;
    private final Http2Headers head;
    private final boolean headIsAll;
    private final RequestRoute route;
    private final List<StreamMirror> copies;
    private final Queue<StreamFrame> kept = new ArrayDeque<>();

    private int tries;
    private Http2Peer server;
    private int serverId;
    private boolean requestEnded;
    private boolean responseEnded;
    private boolean responseLeft;
    private boolean unwanted;
    private boolean over;

    Http2Exchange(
            Http2Connection caller, int id, Http2Headers head, boolean end, Route route, List<StreamMirror> copies) {
        this.caller = caller;
        this.id = id;
        this.head = head;
        this.headIsAll = end;
        this.requestEnded = end;
        this.route = new RequestRoute(route);
        this.copies = copies;
    }

    void start() {
        go();
    }

    private void go() {
        tries++;
        caller.server(route.destination()).send(this);
    }

    // From the caller.

    /** Returns how many bytes the caller may send anew at once. */
    int request(ByteBuf data, int padding, boolean end) {
        requestEnded |= end;
        copies.forEach(copy -> copy.add(StreamFrame.data(data.retainedDuplicate(), padding, end)));
        if (over || unwanted) {
            return data.readableBytes() + padding;
        }
        pass(StreamFrame.data(data.retain(), padding, end));
        return 0;
    }

    void trailers(Http2Headers trailers) {
        requestEnded = true;
        copies.forEach(copy -> copy.add(StreamFrame.trailers(trailers)));
        if (!over && !unwanted) {
            pass(StreamFrame.trailers(trailers));
        }
    }

    private void pass(StreamFrame piece) {
        if (server == null) {
            kept.add(piece);
        } else {
            int size = piece.size();
            piece.send(server, serverId, () -> caller.peer().passedOn(id, size));
        }
    }

    /** The caller has cancelled it. */
    void cancelled(long code) {
        if (!over) {
            end();
            copies.forEach(StreamMirror::cancel);
            if (server != null) {
                server.reset(serverId, code);
            }
        }
    }

    /** The caller's stream is over, well or not. */
    void callerClosed() {
        if (!requestEnded || !responseEnded) {
            cancelled(Http2Error.CANCEL.code());
        }
    }

    // From the server.

    @Override
    public boolean isOver() {
        return over;
    }

    @Override
    public int begin(Http2Peer there) {
        server = there;
        serverId = there.open(head, headIsAll);
        caller.delivered(this);
        for (StreamFrame piece = kept.poll(); piece != null; piece = kept.poll()) {
            pass(piece);
        }
        return serverId;
    }

    @Override
    public void turnedAway() {
        if (tries < TRIES) {
            go();
        } else {
            notThere(new ConnectException("it takes no requests"));
        }
    }

    @Override
    public void notThere(Throwable why) {
        if (route.fallBack(route.destination())) {
            caller.failedOpen(this, why);
            tries = 0;
            go();
        } else {
            caller.refused(this, why);
            fail(Http2Error.REFUSED_STREAM.code());
        }
    }

    @Override
    public void headers(Http2Headers headers, boolean end) {
        if (!over) {
            responseEnded |= end;
            responseLeft |= end;
            caller.peer().headers(id, headers, end);
        }
    }

    @Override
    public int data(ByteBuf data, int padding, boolean end) {
        int size = data.readableBytes() + padding;
        if (over) {
            return size;
        }
        responseEnded |= end;
        caller.peer().data(id, data.retain(), padding, end, () -> responseLeft(size, end));
        return 0;
    }

    private void responseLeft(int size, boolean end) {
        server.passedOn(serverId, size);
        if (end) {
            responseLeft = true;
            if (unwanted) {
                fail(Http2Error.NO_ERROR.code());
            }
        }
    }

    /** RFC 9113, section 8.1: after a whole response NO_ERROR says that the rest of the request is not wanted. */
    @Override
    public void reset(long code) {
        if (responseEnded && code == Http2Error.NO_ERROR.code() && !responseLeft) {
            unwanted = true;
        } else {
            fail(code);
        }
    }

    @Override
    public void closed(boolean unheard) {
        if (!responseEnded) {
            fail((unheard ? Http2Error.REFUSED_STREAM : Http2Error.INTERNAL_ERROR).code());
        }
    }

    private void fail(long code) {
        if (!over) {
            end();
            copies.forEach(StreamMirror::cancel);
            caller.peer().reset(id, code);
        }
    }

    private void end() {
        over = true;
        kept.forEach(StreamFrame::release);
        kept.clear();
    }

    // For those who tell of it.

    Http2Headers head() {
        return head;
    }

    RequestRoute route() {
        return route;
    }
}

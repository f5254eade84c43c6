package io.telepresence.agent.http1;

import io.netty.buffer.ByteBuf;
import io.telepresence.agent.mirror.Mirror;
import io.telepresence.agent.mirror.Mirrors;
import io.telepresence.agent.report.RequestVerdict;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.RequestRoute;
import io.telepresence.agent.route.Route;
import io.telepresence.agent.stream.PortServices;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** One request and its response: what was decided, and how far it has come. On one loop. */
final class Http1Exchange {
    final String method;
    final String path;
    final RequestRoute route;
    private final BodyFraming body;
    final boolean persistent;
    private final boolean repeatable;
    private final boolean mayTunnel;
    /** Bytes of the head, which wait at the begin of what the caller sent; 0 once they are sent. */
    int headLength;
    /** The head to send instead of those bytes; null: none. */
    private ByteBuf rewritten;
    /** Null until there is a connection. */
    UpstreamConnection upstream;
    /** The head, kept to send it again on another connection; null: it must not be. */
    ByteBuf again;

    boolean requestDone;
    boolean responseDone;
    boolean finished;
    private List<Mirror> tees = List.of();

    Http1Exchange(RequestHead head, int headLength, Route route) {
        this.method = head.method();
        this.path = head.path();
        this.route = new RequestRoute(route);
        this.body = head.body();
        this.persistent = head.isPersistent();
        this.repeatable = head.isRepeatable();
        this.mayTunnel = head.mayTunnel();
        this.headLength = headLength;
        this.rewritten = head.withoutHttp2Offer();
    }

    void copyTo(Mirrors mirrors, InetSocketAddress caller) {
        if (!route.mirrors().isEmpty()) {
            tees = new ArrayList<>();
            for (ClientEndpoint target : route.mirrors()) {
                tees.add(mirrors.openRequest(target, caller));
            }
        }
    }

    private void copy(ByteBuf data) {
        for (Mirror tee : tees) {
            tee.data(data.retainedDuplicate());
        }
    }

    /**
     * There is a connection. If an earlier one had been given up by its server, the head that was sent there is sent again;
     * if this one is used, the head is kept for that.
     */
    void begin(UpstreamConnection there, DownstreamBytes pending) {
        upstream = there;
        upstream.begin(this);
        boolean whole = repeatable && upstream.isUsed() && rewritten == null;
        if (whole && headLength > 0) {
            again = pending.bytes().retainedSlice(pending.begin(), headLength);
        } else if (headLength == 0) {
            upstream.write(again);
            again = null;
        }
    }

    /** Sends what has come of the request; false: it is not chunked as it should be, and nothing more is sent. */
    boolean send(DownstreamBytes pending) {
        ByteBuf bytes = pending.bytes();
        int begin = pending.begin();
        int end = body.consume(bytes, begin + headLength, bytes.writerIndex());
        if (body.isBroken()) {
            return false;
        }
        if (rewritten != null) {
            pending.skip(headLength);
            begin += headLength;
            forward(rewritten);
            rewritten = null;
        }
        headLength = 0;
        if (end > begin) {
            forward(pending.take(end - begin));
        }
        if (body.isDone()) {
            requestDone();
        }
        return true;
    }

    private void forward(ByteBuf data) {
        copy(data);
        upstream.write(data);
    }

    boolean isDone() {
        return requestDone && responseDone;
    }

    /** Once: the connection belongs to no request any more. */
    List<Mirror> takeTees() {
        List<Mirror> taken = tees;
        tees = List.of();
        return taken;
    }

    /** All of the request is sent. Its copy goes on when it may become a tunnel. */
    private void requestDone() {
        requestDone = true;
        if (!mayTunnel) {
            endCopies();
        }
    }

    private void endCopies() {
        if (requestDone) {
            takeTees().forEach(Mirror::end);
        } else {
            takeTees().forEach(Mirror::cut);
        }
    }

    /** Tells where it goes, once there is a connection. */
    void report(PortServices services) {
        services.report().served(RequestVerdict.of(services.port().number(), method, path, route));
    }

    /** Something of the response came: from now on it cannot be sent again. */
    void answered() {
        if (again != null) {
            again.release();
            again = null;
        }
    }

    void release() {
        answered();
        endCopies();
        if (rewritten != null) {
            rewritten.release();
            rewritten = null;
        }
    }
}

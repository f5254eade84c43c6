package io.telepresence.agent.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.telepresence.agent.report.RequestVerdict;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.Destination;
import io.telepresence.agent.route.PortRoutes;
import io.telepresence.agent.route.Route;
import io.telepresence.agent.stream.PortServices;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One caller's connection, and its connections to where its streams go: one to the app, one to each laptop. Lives on the
 * caller's loop.
 *
 * <p>What the app says about its connection is passed on: how many streams it allows, that it takes no new ones, that it
 * has gone. What a laptop says is not: the next stream for it makes a new connection.
 */
final class Http2Connection implements UpstreamHttp2Connection.Owner {
    /** Between asking the caller to open no more streams and taking none: one round trip, generously. */
    private static final long NOTICE_MILLIS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(Http2Connection.class);

    private final PortServices services;
    private final EventLoop loop;
    private final InetSocketAddress address;
    private final Http2Peer peer;
    private final Map<Destination, UpstreamHttp2Connection> servers = new HashMap<>();
    private final Set<UpstreamHttp2Connection> all = new HashSet<>();
    private final Map<ClientEndpoint, MirrorLane> lanes = new HashMap<>();
    private final HeadBudget.Share heads;
    private final Map<Integer, Integer> headSizes = new HashMap<>();
    private final Destination home;
    private boolean ending;
    private boolean gone;

    Http2Connection(PortServices services, DuplexChannel channel, InetSocketAddress address) {
        this.services = services;
        this.loop = channel.eventLoop();
        this.address = address;
        this.peer = Http2Peer.server(channel, new Events());
        this.heads = HeadBudget.OF_AGENT.share();
        this.home = services.rules().get().raw().destination();
    }

    /** Connects to where requests go that nobody has asked for, whose settings count for the caller; then begins. */
    void start(ByteBuf first) throws Exception {
        try {
            peer.begin(FlowControlWindows.NEAR, new ChannelEnding(broken -> ended()));
        } catch (Exception e) {
            first.release();
            throw e;
        }
        server(home);
        peer.receive(first);
    }

    Http2Peer peer() {
        return peer;
    }

    /** The connection for the next stream to there. */
    UpstreamHttp2Connection server(Destination to) {
        UpstreamHttp2Connection server = servers.get(to);
        if (server == null || !server.takesStreams()) {
            server = UpstreamHttp2Connection.open(services.upstreams(), loop, to, address, this);
            servers.put(to, server);
            all.add(server);
        }
        return server;
    }

    private void route(int id, Http2Headers head, boolean end) {
        int size = HeadBudget.size(head);
        if (!heads.take(size)) {
            // It has not begun, so a caller that means well may try again (RFC 9113, section 8.7).
            peer.reset(id, Http2Error.REFUSED_STREAM.code());
            return;
        }
        headSizes.put(id, size);
        StreamHead asked = new StreamHead(head);
        if (!asked.isWhole()) {
            // The codec has refused what else makes a request malformed.
            peer.reset(id, Http2Error.PROTOCOL_ERROR.code());
            return;
        }
        PortRoutes rules = services.rules().get();
        Route route = rules.route(asked);
        if (rules.isLeaving() && route.destination() instanceof Destination.ToClient) {
            announceEnd(Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER);
        }
        List<StreamMirror> copies = new ArrayList<>(route.mirrors().size());
        for (ClientEndpoint mirror : route.mirrors()) {
            copies.add(lanes.computeIfAbsent(mirror, this::lane).copy(head, end));
        }
        Http2Exchange exchange = new Http2Exchange(this, id, head, end, route, copies);
        peer.settle(id, exchange);
        exchange.start();
    }

    private MirrorLane lane(ClientEndpoint mirror) {
        return new MirrorLane(mirror, services.upstreams(), services.report(), loop, address);
    }

    /** It is on its way to where it goes. */
    void delivered(Http2Exchange exchange) {
        services.report().served(verdict(exchange));
    }

    /** The laptop did not take it; it goes elsewhere now. */
    void failedOpen(Http2Exchange exchange, Throwable why) {
        LOG.debug("a request goes on to {}: {}", exchange.route().destination(), why.toString());
        services.report().failedOpen(exchange.route().matchedEngagementId());
    }

    /** Nobody takes it. */
    void refused(Http2Exchange exchange, Throwable why) {
        LOG.debug("a request for {} is refused: {}", exchange.route().destination(), why.toString());
        services.report().verdict(verdict(exchange));
        if (exchange.route().destination() instanceof Destination.ToApp) {
            announceEnd(Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER);
        }
    }

    private RequestVerdict verdict(Http2Exchange exchange) {
        StreamHead head = new StreamHead(exchange.head());
        return RequestVerdict.of(services.port().number(), head.method(), head.path(), exchange.route());
    }

    @Override
    public void settings(UpstreamHttp2Connection server, Http2Settings said) {
        if (gone || !server.to().equals(home)) {
            return;
        }
        Http2Settings passed = new Http2Settings();
        if (said.maxConcurrentStreams() != null && said.maxConcurrentStreams() < Http2Peer.MOST_STREAMS) {
            passed.maxConcurrentStreams(said.maxConcurrentStreams());
        }
        if (Boolean.TRUE.equals(said.connectProtocolEnabled())) {
            passed.connectProtocolEnabled(true);
        }
        if (!passed.isEmpty()) {
            peer.settings(passed);
        }
    }

    @Override
    public void leaving(UpstreamHttp2Connection server, long code, ByteBuf debug) {
        if (server.to() instanceof Destination.ToApp && server.wasUsed()) {
            announceEnd(code, debug.retainedSlice());
        }
    }

    @Override
    public void gone(UpstreamHttp2Connection server, boolean broken) {
        all.remove(server);
        servers.remove(server.to(), server);
        if (gone || !(server.to() instanceof Destination.ToApp) || !server.wasUsed()) {
            return;
        }
        boolean others = all.stream().anyMatch(s -> s.streams() + s.waiting() > 0);
        if (server.streams() == 0 || others) {
            announceEnd(Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER);
        } else if (broken) {
            peer.abort();
        } else {
            peer.close();
        }
    }

    private void announceEnd(long code, ByteBuf debug) {
        if (ending || gone) {
            debug.release();
            return;
        }
        ending = true;
        peer.announceEnd(code, debug);
        loop.schedule(peer::closeAfterStreams, NOTICE_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void ended() {
        gone = true;
        // Once the codec has closed the streams, which cancels them at the servers.
        loop.execute(() -> {
            List.copyOf(all).forEach(UpstreamHttp2Connection::close);
            lanes.values().forEach(MirrorLane::finish);
        });
    }

    private final class Events extends FrameEvents {
        private Http2Exchange exchange(int id) {
            return peer.tenant(peer.stream(id));
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context, int id, Http2Headers headers, int padding, boolean end) {
            Http2Exchange exchange = exchange(id);
            if (exchange == null) {
                route(id, headers, end);
            } else {
                exchange.trailers(headers);
            }
        }

        @Override
        public int onDataRead(ChannelHandlerContext context, int id, ByteBuf data, int padding, boolean end) {
            Http2Exchange exchange = exchange(id);
            return exchange == null ? data.readableBytes() + padding : exchange.request(data, padding, end);
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext context, int id, long code) {
            Http2Exchange exchange = exchange(id);
            if (exchange != null) {
                exchange.cancelled(code);
            }
        }

        @Override
        public void onStreamClosed(Http2Stream stream) {
            Integer size = headSizes.remove(stream.id());
            if (size != null) {
                heads.give(size);
            }
            Http2Exchange exchange = peer.tenant(stream);
            if (exchange != null) {
                exchange.callerClosed();
            }
        }
    }
}

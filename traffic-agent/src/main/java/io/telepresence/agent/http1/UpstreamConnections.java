package io.telepresence.agent.http1;

import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.route.Destination;
import io.telepresence.agent.stream.PortServices;
import io.telepresence.agent.stream.Sockets;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections that one caller's requests go over, at most one to each destination, and the opening of new ones. On
 * the caller's loop.
 */
final class UpstreamConnections {
    private static final Logger LOG = LoggerFactory.getLogger(UpstreamConnections.class);

    private final PortServices services;
    private final Http1Connection connection;
    private final DuplexChannel caller;
    private final InetSocketAddress address;
    private final List<UpstreamConnection> kept = new ArrayList<>(2);

    UpstreamConnections(
            PortServices services, Http1Connection connection, DuplexChannel caller, InetSocketAddress address) {
        this.services = services;
        this.connection = connection;
        this.caller = caller;
        this.address = address;
    }

    /** Gives the exchange a connection, at once or later, or ends the caller's. */
    void seek(Http1Exchange exchange) {
        for (UpstreamConnection upstream : kept) {
            if (upstream.isIdle() && upstream.destination().equals(exchange.route.destination())) {
                connection.use(upstream);
                return;
            }
        }
        dial(exchange);
    }

    /** The same with a connection of its own. */
    void dial(Http1Exchange exchange) {
        Destination to = exchange.route.destination();
        services.upstreams()
                .connect(
                        caller.eventLoop(),
                        to,
                        address,
                        () -> new UpstreamConnection(connection),
                        channel -> connected(exchange, (DuplexChannel) channel, to),
                        error -> notConnected(exchange, to, error));
    }

    private void connected(Http1Exchange exchange, DuplexChannel channel, Destination to) {
        if (!connection.awaits(exchange)) {
            channel.close();
            return;
        }
        UpstreamConnection upstream = channel.pipeline().get(UpstreamConnection.class);
        upstream.opened(channel, to);
        kept.add(upstream);
        connection.use(upstream);
    }

    private void notConnected(Http1Exchange exchange, Destination to, Throwable error) {
        if (!connection.awaits(exchange)) {
            return;
        }
        if (!exchange.route.fallBack(to)) {
            connection.abort(String.valueOf(error.getMessage()));
            return;
        }
        LOG.debug("{} {} goes on without the laptop: {}", exchange.method, exchange.path, error.toString());
        services.report().failedOpen(exchange.route.matchedEngagementId());
        seek(exchange);
    }

    void add(UpstreamConnection upstream) {
        kept.add(upstream);
    }

    /** From now on it is somebody else's. */
    void remove(UpstreamConnection upstream) {
        kept.remove(upstream);
        upstream.forget();
    }

    /** The only one there is, which is somebody else's from now on; null: there is none. */
    UpstreamConnection removeOnly() {
        UpstreamConnection only = kept.isEmpty() ? null : kept.getFirst();
        if (only != null) {
            remove(only);
            only.channel().pipeline().remove(only);
        }
        return only;
    }

    void close(UpstreamConnection upstream) {
        remove(upstream);
        upstream.channel().close();
    }

    /**
     * Ends the connection of an exchange that will not be completed.
     *
     * @param reset whether its server shall notice that something broke
     */
    void leave(Http1Exchange exchange, boolean reset) {
        UpstreamConnection upstream = exchange.upstream;
        if (upstream != null && (reset || !exchange.requestDone || !exchange.responseDone)) {
            remove(upstream);
            if (reset) {
                Sockets.reset(upstream.channel());
            } else {
                upstream.channel().close();
            }
        }
    }

    void closeAll() {
        List.copyOf(kept).forEach(this::close);
    }
}

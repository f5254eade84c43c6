package io.telepresence.tunnel.pool;

import io.netty.channel.EventLoop;
import io.telepresence.rpc.tunnel.Deliver;
import io.telepresence.rpc.tunnel.Dial;
import io.telepresence.rpc.tunnel.Fetch;
import io.telepresence.rpc.tunnel.FlowId;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.rpc.tunnel.Reach;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.grpc.Carrier;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/**
 * Opens flows through the manager on behalf of one session: the only class that makes {@link Open}. Thread-safe, never
 * blocks. A handler is called on the loop of the connection that its flow is on.
 *
 * <p>All methods throw {@link RejectedExecutionException} if that connection is just being closed.
 */
public final class TunnelClient {
    private final Supplier<Carrier> connections;
    private final Supplier<String> session;

    /**
     * @param connections gives the one for the next flow
     * @param session gives the id of the session in force; empty while there is none
     */
    public TunnelClient(Supplier<Carrier> connections, Supplier<String> session) {
        this.connections = connections;
        this.session = session;
    }

    /** To an address of the cluster. */
    public Flow dial(FlowKey key, Duration timeout, FlowHandler handler) {
        return connections
                .get()
                .open(
                        open(key.toWire(), timeout)
                                .setDial(Dial.getDefaultInstance())
                                .build(),
                        handler);
    }

    /**
     * To the client behind an engagement.
     *
     * @param timeout how long the client may take to dial
     */
    public Flow deliver(FlowKey key, Deliver to, Duration timeout, FlowHandler handler) {
        return connections.get().open(open(key.toWire(), timeout).setDeliver(to).build(), handler);
    }

    /** The same for a writer that keeps account of its memory, see {@link Carrier#openSparing}. */
    public Flow deliverSparing(FlowKey key, Deliver to, Duration timeout, FlowHandler handler) {
        return connections
                .get()
                .openSparing(open(key.toWire(), timeout).setDeliver(to).build(), handler);
    }

    /** Into a pod. */
    public Flow reach(FlowKey key, Reach what, Duration timeout, FlowHandler handler) {
        return connections.get().open(open(key.toWire(), timeout).setReach(what).build(), handler);
    }

    /** A flow that waits at the manager; nothing is sent yet. */
    public Fetched fetch(FlowId id, String dialId) {
        Open open = Open.newBuilder()
                .setSessionId(session.get())
                .setId(id)
                .setFetch(Fetch.newBuilder().setDialId(dialId))
                .build();
        return new Fetched(connections.get(), open);
    }

    private Open.Builder open(FlowId id, Duration timeout) {
        return Open.newBuilder()
                .setSessionId(session.get())
                .setId(id)
                .setDialTimeoutMs(Math.toIntExact(timeout.toMillis()));
    }

    /** To be answered once, with {@link #open} or {@link #refuse}. */
    public static final class Fetched {
        private final Carrier connection;
        private final Open open;

        private Fetched(Carrier connection, Open open) {
            this.connection = connection;
            this.open = open;
        }

        /** Where the flow will live; sockets that it feeds belong on the same loop. */
        public EventLoop loop() {
            return connection.loop();
        }

        /** Comes for the flow; {@link Flow#opened} must be called next, on the loop. */
        public Flow open(FlowHandler handler) {
            return connection.open(open, handler);
        }

        /** The other end hears why not. */
        public void refuse(ResetReason why, String text) {
            connection
                    .loop()
                    .execute(() -> connection.open(open, FlowHandler.DISCARD).reset(why, text));
        }
    }
}

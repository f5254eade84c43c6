package io.telepresence.agent.link;

import io.telepresence.agent.rules.Target;
import io.telepresence.engagement.Transport;
import io.telepresence.rpc.tunnel.Deliver;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.rpc.tunnel.Protocol;
import io.telepresence.tunnel.Carrier;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Supplier;

/** Opens flows to the laptop behind an engagement, through the manager. Thread-safe. */
public final class ClientFlows {
    private final Supplier<Carrier> carriers;
    private final Supplier<String> session;
    private final Duration patience;

    /**
     * @param carriers the carrier for the next flow
     * @param session the session of this agent; empty while there is none
     * @param patience how long a laptop may take to dial
     */
    public ClientFlows(Supplier<Carrier> carriers, Supplier<String> session, Duration patience) {
        this.carriers = carriers;
        this.session = session;
        this.patience = patience;
    }

    public Duration patience() {
        return patience;
    }

    /**
     * Opens a flow; the handler hears of it on the flow's loop.
     *
     * @param source the caller
     * @param destination the port of the app as the caller knows it
     * @throws java.util.concurrent.RejectedExecutionException if the carrier is just being closed
     */
    public Flow open(
            Target to,
            Transport transport,
            InetSocketAddress source,
            InetSocketAddress destination,
            FlowHandler handler) {
        return carriers.get().open(request(to, transport, source, destination), handler);
    }

    /** The same for a flow that must not keep memory: it has credit only while nothing that was written waits. */
    public Flow openSparing(
            Target to,
            Transport transport,
            InetSocketAddress source,
            InetSocketAddress destination,
            FlowHandler handler) {
        return carriers.get().openSparing(request(to, transport, source, destination), handler);
    }

    private Open request(Target to, Transport transport, InetSocketAddress source, InetSocketAddress destination) {
        Protocol protocol = transport == Transport.TCP ? Protocol.TCP : Protocol.UDP;
        return Open.newBuilder()
                .setSessionId(session.get())
                .setId(new FlowKey(protocol, source, destination).toWire())
                .setDialTimeoutMs((int) patience.toMillis())
                .setDeliver(Deliver.newBuilder()
                        .setEngagementId(to.engagementId())
                        .setHost(to.host())
                        .setPort(to.port()))
                .build();
    }
}

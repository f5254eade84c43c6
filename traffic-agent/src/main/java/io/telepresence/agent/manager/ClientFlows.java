package io.telepresence.agent.manager;

import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agree.Transport;
import io.telepresence.rpc.tunnel.Deliver;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.pool.TunnelClient;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Opens flows to the laptop behind an engagement, through the manager. Thread-safe. */
public final class ClientFlows {
    private final TunnelClient tunnel;
    private final Duration patience;

    /** @param patience how long a laptop may take to dial */
    public ClientFlows(TunnelClient tunnel, Duration patience) {
        this.tunnel = tunnel;
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
            ClientEndpoint to,
            Transport transport,
            InetSocketAddress source,
            InetSocketAddress destination,
            FlowHandler handler) {
        return tunnel.deliver(new FlowKey(transport, source, destination), deliver(to), patience, handler);
    }

    /** The same for a flow that must not keep memory: it has credit only while nothing that was written waits. */
    public Flow openSparing(
            ClientEndpoint to,
            Transport transport,
            InetSocketAddress source,
            InetSocketAddress destination,
            FlowHandler handler) {
        return tunnel.deliverSparing(new FlowKey(transport, source, destination), deliver(to), patience, handler);
    }

    private static Deliver deliver(ClientEndpoint to) {
        return Deliver.newBuilder()
                .setEngagementId(to.engagementId())
                .setHost(to.host())
                .setPort(to.port())
                .build();
    }
}

package io.telepresence.agent.udp;

import io.netty.buffer.ByteBuf;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;

/**
 * Opens flows to laptops for the sources of one port. Of one address at most {@value #MOST} are being opened at once, so that a
 * caller with thousands of ports makes no other one wait behind its flows. Thread-safe.
 */
final class OpeningFlows {
    static final int MOST = 256;

    private final Opener opener;
    private final Map<InetAddress, Integer> opening = new ConcurrentHashMap<>();

    /** Opens a flow; the handler hears of it on the flow's loop. */
    interface Opener {
        /** @throws RejectedExecutionException the link to the manager is being closed */
        Flow open(ClientEndpoint to, InetSocketAddress source, InetSocketAddress destination, FlowHandler handler);
    }

    OpeningFlows(Opener opener) {
        this.opener = opener;
    }

    /**
     * Opens a flow, whose handler is {@code handler} once it is open.
     *
     * @return null: too many of that address are being opened; the datagram is to be dropped
     * @throws RejectedExecutionException the link to the manager is being closed
     */
    Flow open(ClientEndpoint to, InetSocketAddress source, InetSocketAddress destination, FlowHandler handler) {
        InetAddress address = source.getAddress();
        if (opening.merge(address, 1, Integer::sum) > MOST) {
            decided(address);
            return null;
        }
        try {
            return opener.open(to, source, destination, new UntilOpened(address, handler));
        } catch (RejectedExecutionException e) {
            decided(address);
            throw e;
        }
    }

    private void decided(InetAddress address) {
        opening.computeIfPresent(address, (_, n) -> n == 1 ? null : n - 1);
    }

    private final class UntilOpened implements FlowHandler {
        private final InetAddress address;
        private final FlowHandler then;

        UntilOpened(InetAddress address, FlowHandler then) {
            this.address = address;
            this.then = then;
        }

        @Override
        public void onOpened(Flow flow) {
            decided(address);
            flow.handler(then);
            then.onOpened(flow);
        }

        @Override
        public void onData(Flow flow, ByteBuf data) {
            then.onData(flow, data);
        }

        @Override
        public void onFinished(Flow flow) {
            then.onFinished(flow);
        }

        @Override
        public void onReset(Flow flow, ResetReason why, String text) {
            then.onReset(flow, why, text);
        }

        @Override
        public void onClosed(Flow flow) {
            decided(address);
            then.onClosed(flow);
        }
    }
}

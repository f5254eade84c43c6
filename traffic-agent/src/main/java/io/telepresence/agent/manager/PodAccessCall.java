package io.telepresence.agent.manager;

import io.netty.channel.EventLoop;
import io.telepresence.rpc.agent.ReachRequest;
import io.telepresence.rpc.tunnel.Protocol;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.pool.TunnelClient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client wants something inside this pod, and the manager has allowed it. Whoever gets it answers once, with
 * {@link #open} or {@link #refuse}, within the manager's patience of five seconds. Thread-safe.
 */
public final class PodAccessCall {
    private static final Logger LOG = LoggerFactory.getLogger(PodAccessCall.class);
    private static final int LAST_PORT = 65_535;

    private final TunnelClient.Fetched flow;
    private final String container;
    private final Wish wish;

    /** What a client wants of a container. */
    public sealed interface Wish {
        /** Its environment and the list of its volumes. */
        record View() implements Wish {}

        /**
         * Its volumes.
         *
         * @param readOnly nothing may be changed
         */
        record Files(boolean readOnly) implements Wish {}

        /** A port on the pod's loopback, 1 to 65535. */
        record Port(boolean udp, int number) implements Wish {}

        /** Something that this agent does not have, or nonsense. */
        record Unknown(String why) implements Wish {}
    }

    private PodAccessCall(TunnelClient.Fetched flow, String container, Wish wish) {
        this.flow = flow;
        this.container = container;
        this.wish = wish;
    }

    static PodAccessCall fromWire(ReachRequest request, TunnelClient tunnel) {
        return new PodAccessCall(
                tunnel.fetch(request.getId(), request.getDialId()), request.getContainer(), wish(request));
    }

    private static Wish wish(ReachRequest request) {
        return switch (request.getReach().getWhatCase()) {
            case VIEW -> new Wish.View();
            case FILES -> new Wish.Files(request.getReach().getFiles().getReadOnly());
            case PORT -> {
                int port = request.getReach().getPort();
                yield port > 0 && port <= LAST_PORT
                        ? new Wish.Port(request.getId().getProtocol() == Protocol.UDP, port)
                        : new Wish.Unknown(
                                "there is no port " + Integer.toUnsignedString(port) + ": 1 to 65535 can be reached");
            }
            case WHAT_NOT_SET -> new Wish.Unknown("this traffic-agent does not know that request");
        };
    }

    /** Name of the container that it is about. */
    public String container() {
        return container;
    }

    public Wish wish() {
        return wish;
    }

    /** Where the flow will live; sockets that it feeds belong on the same loop. */
    public EventLoop loop() {
        return flow.loop();
    }

    /**
     * Comes for the flow; {@link Flow#opened} is to be said next, on the loop.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the carrier is just being closed
     */
    public Flow open(FlowHandler handler) {
        return flow.open(handler);
    }

    /** The flow itself, for whoever joins it with a socket. */
    public TunnelClient.Fetched flow() {
        return flow;
    }

    /** Says why not. */
    public void refuse(ResetReason why, String text) {
        LOG.debug("refused: {}", text);
        flow.refuse(why, text);
    }
}

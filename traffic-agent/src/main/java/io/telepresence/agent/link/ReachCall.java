package io.telepresence.agent.link;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.telepresence.rpc.agent.ReachRequest;
import io.telepresence.rpc.tunnel.Fetch;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.rpc.tunnel.Protocol;
import io.telepresence.rpc.tunnel.Reset;
import io.telepresence.tunnel.Carrier;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client wants something inside this pod, and the manager has allowed it. Whoever gets it answers once, with
 * {@link #open} or {@link #refuse}, within the manager's patience of five seconds. Thread-safe.
 */
public final class ReachCall {
    private static final Logger LOG = LoggerFactory.getLogger(ReachCall.class);
    private static final int LAST_PORT = 65_535;

    private final Carrier carrier;
    private final Open open;
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

    private ReachCall(Carrier carrier, Open open, String container, Wish wish) {
        this.carrier = carrier;
        this.open = open;
        this.container = container;
        this.wish = wish;
    }

    static ReachCall fromWire(ReachRequest request, String session, Carrier carrier) {
        Open open = Open.newBuilder()
                .setSessionId(session)
                .setId(request.getId())
                .setFetch(Fetch.newBuilder().setDialId(request.getDialId()))
                .build();
        return new ReachCall(carrier, open, request.getContainer(), wish(request));
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
            case WHAT_NOT_SET -> new Wish.Unknown("this traffic-agent does not know what is wanted of it");
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
        return carrier.loop();
    }

    /**
     * Comes for the flow; {@link Flow#opened} is to be said next, on the loop.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the carrier is just being closed
     */
    public Flow open(FlowHandler handler) {
        return carrier.open(open, handler);
    }

    /** Says why not. */
    public void refuse(Reset.Why why, String text) {
        LOG.debug("refused: {}", text);
        carrier.loop().execute(() -> carrier.open(open, new Deaf()).reset(why, text));
    }

    private static final class Deaf implements FlowHandler {
        @Override
        public void onData(Flow flow, ByteBuf data) {
            data.release();
        }

        @Override
        public void onFinished(Flow flow) {}

        @Override
        public void onReset(Flow flow, Reset.Why why, String text) {}
    }
}

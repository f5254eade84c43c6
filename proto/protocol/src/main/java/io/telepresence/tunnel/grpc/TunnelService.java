package io.telepresence.tunnel.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import io.telepresence.local.Loops;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.tunnel.FlowAcceptor;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReason;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The accepting side of {@code telepresence.tunnel.Tunnel}: hands each new flow to a {@link FlowAcceptor}. */
public final class TunnelService {
    /** From the call to its first frame, which is Open. */
    static final Duration OPEN_WITHIN = Duration.ofSeconds(10);

    /** Of which session a flow is, as Open says again: many calls may begin before the first Open is read. */
    private static final Metadata.Key<String> SESSION =
            Metadata.Key.of("telepresence-session", Metadata.ASCII_STRING_MARSHALLER);

    private TunnelService() {}

    /** What a call begins with. */
    static Metadata heads(String session) {
        Metadata heads = new Metadata();
        if (!session.isEmpty()) {
            heads.put(SESSION, session);
        }
        return heads;
    }

    /** The session that a call says it is of; empty: it does not say. */
    public static String session(Metadata heads) {
        String said = heads.get(SESSION);
        return said == null ? "" : said;
    }

    /**
     * @param loops the worker group of the server that this service is added to (see {@link TunnelServers}); with its
     *     direct executor a call runs on the loop of its connection, and that loop becomes the flow's
     */
    public static ServerServiceDefinition bind(EventLoopGroup loops, FlowAcceptor acceptor) {
        return bind(loops, acceptor, OPEN_WITHIN);
    }

    public static ServerServiceDefinition bind(EventLoopGroup loops, FlowAcceptor acceptor, Duration openWithin) {
        return ServerServiceDefinition.builder("telepresence.tunnel.Tunnel")
                .addMethod(FlowMethod.DESCRIPTOR, (call, headers) -> {
                    Listener listener = start(loops, acceptor, call);
                    listener.deadline =
                            Loops.current(loops).schedule(listener::late, openWithin.toMillis(), TimeUnit.MILLISECONDS);
                    return listener;
                })
                .build();
    }

    private static Listener start(EventLoopGroup loops, FlowAcceptor acceptor, ServerCall<WireFrame, WireFrame> call) {
        call.setOnReadyThreshold(FlowMethod.READY_THRESHOLD);
        call.sendHeaders(new Metadata());
        call.request(1);
        return new Listener(loops, acceptor, call);
    }

    private static final class Listener extends ServerCall.Listener<WireFrame> {
        private final EventLoopGroup loops;
        private final FlowAcceptor acceptor;
        private final ServerCall<WireFrame, WireFrame> call;
        private ServerFlow flow;
        private Future<?> deadline;

        Listener(EventLoopGroup loops, FlowAcceptor acceptor, ServerCall<WireFrame, WireFrame> call) {
            this.loops = loops;
            this.acceptor = acceptor;
            this.call = call;
        }

        @Override
        public void onMessage(WireFrame frame) {
            if (flow != null) {
                flow.received(frame);
            } else if (frame instanceof WireFrame.Control control
                    && control.frame().hasOpen()) {
                open(control.frame().getOpen());
            } else {
                if (frame instanceof WireFrame.Data data) {
                    data.bytes().release();
                }
                deadline.cancel(false);
                call.close(Status.INVALID_ARGUMENT.withDescription("the first frame must be Open"), new Metadata());
            }
        }

        private void late() {
            if (flow == null) {
                call.close(Status.DEADLINE_EXCEEDED.withDescription("no Open in time"), new Metadata());
            }
        }

        private void open(Open open) {
            deadline.cancel(false);
            try {
                flow = new ServerFlow(FlowKey.fromWire(open.getId()), Loops.current(loops), call);
            } catch (IllegalArgumentException e) {
                call.close(Status.INVALID_ARGUMENT.withDescription(e.getMessage()), new Metadata());
                return;
            }
            acceptor.accept(flow, open);
        }

        @Override
        public void onReady() {
            if (flow != null) {
                flow.writable();
            }
        }

        @Override
        public void onHalfClose() {
            // A proper end says Finished first; then the flow is closed or waits for our own Finished.
        }

        @Override
        public void onComplete() {
            deadline.cancel(false);
        }

        @Override
        public void onCancel() {
            deadline.cancel(false);
            if (flow != null) {
                flow.peerReset(ResetReason.ABORTED.toWire("cancelled by the peer"));
            }
        }
    }
}

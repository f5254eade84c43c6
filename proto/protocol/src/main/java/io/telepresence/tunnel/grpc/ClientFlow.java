package io.telepresence.tunnel.grpc;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.netty.channel.EventLoop;
import io.telepresence.rpc.tunnel.Frame;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.rpc.tunnel.Reset;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReasons;

/** The opening end. */
final class ClientFlow extends GrpcFlow {
    private final ClientCall<WireFrame, WireFrame> call;
    private final boolean fetching;
    private boolean halfClosed;

    ClientFlow(FlowKey key, EventLoop loop, ClientCall<WireFrame, WireFrame> call, Open open) {
        super(key, loop);
        this.call = call;
        this.fetching = open.hasFetch();
    }

    /** Starts the call and sends the Open frame; on the loop. */
    void start(Open open, Runnable ended) {
        call.start(new Listener(ended), TunnelService.heads(open.getSessionId()));
        if (isClosed()) {
            return; // the tunnel is broken: told while starting
        }
        call.sendMessage(new WireFrame.Control(Frame.newBuilder().setOpen(open).build()));
        call.request(1);
    }

    @Override
    void send(WireFrame frame) {
        call.sendMessage(frame);
    }

    @Override
    boolean callReady() {
        return call.isReady();
    }

    @Override
    void callRequest(int messages) {
        call.request(messages);
    }

    @Override
    void completeCall() {
        halfClose();
        call.request(1);
    }

    @Override
    void abortCall(Reset reset, boolean handshake) {
        if (handshake && fetching && !halfClosed) {
            call.sendMessage(
                    new WireFrame.Control(Frame.newBuilder().setReset(reset).build()));
            halfClose();
            call.request(1);
        } else {
            call.cancel("flow reset", null);
        }
    }

    private void halfClose() {
        if (!halfClosed) {
            halfClosed = true;
            call.halfClose();
        }
    }

    private final class Listener extends ClientCall.Listener<WireFrame> {
        private final Runnable ended;

        Listener(Runnable ended) {
            this.ended = ended;
        }

        @Override
        public void onMessage(WireFrame frame) {
            received(frame);
        }

        @Override
        public void onReady() {
            writable();
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (loop().inEventLoop()) {
                closed(status);
            } else {
                loop().execute(() -> closed(status));
            }
        }

        private void closed(Status status) {
            peerReset(ResetReasons.of(status));
            ended.run();
        }
    }
}

package io.telepresence.tunnel.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.netty.channel.EventLoop;
import io.telepresence.rpc.tunnel.Frame;
import io.telepresence.rpc.tunnel.Reset;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReasons;

/** The accepting end. */
final class ServerFlow extends GrpcFlow {
    private final ServerCall<WireFrame, WireFrame> call;
    private boolean ended;

    ServerFlow(FlowKey key, EventLoop loop, ServerCall<WireFrame, WireFrame> call) {
        super(key, loop);
        this.call = call;
    }

    @Override
    void send(WireFrame frame) {
        if (call.isCancelled()) {
            if (frame instanceof WireFrame.Data data) {
                data.bytes().release();
            }
        } else {
            call.sendMessage(frame);
        }
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
        end(Status.OK);
    }

    @Override
    void abortCall(Reset reset, boolean handshake) {
        if (handshake && !call.isCancelled()) {
            call.sendMessage(
                    new WireFrame.Control(Frame.newBuilder().setReset(reset).build()));
            end(Status.OK);
        } else {
            end(ResetReasons.toStatus(reset));
        }
    }

    private void end(Status status) {
        if (!ended && !call.isCancelled()) {
            ended = true;
            call.close(status, new Metadata());
        }
    }
}

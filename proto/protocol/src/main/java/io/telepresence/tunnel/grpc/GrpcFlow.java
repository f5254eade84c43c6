package io.telepresence.tunnel.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.telepresence.agree.Transport;
import io.telepresence.rpc.tunnel.Finished;
import io.telepresence.rpc.tunnel.Frame;
import io.telepresence.rpc.tunnel.Opened;
import io.telepresence.rpc.tunnel.Reset;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReason;

/**
 * What both ends of a gRPC stream have in common. State: OPENING → OPEN → (finished by us, by the peer) → CLOSED, or
 * → CLOSED at once by a reset. Everything happens on the loop; gRPC's callbacks arrive there because the executor is
 * direct and the transport lives on that loop.
 */
abstract class GrpcFlow implements Flow {
    private final FlowKey key;
    private final EventLoop loop;
    private FlowHandler handler = FlowHandler.DISCARD;
    private boolean open;
    private boolean sentFinished;
    private boolean gotFinished;
    private volatile boolean closed;

    GrpcFlow(FlowKey key, EventLoop loop) {
        this.key = key;
        this.loop = loop;
    }

    abstract void send(WireFrame frame);

    abstract boolean callReady();

    abstract void callRequest(int messages);

    /** Both directions have finished: end the call without error. */
    abstract void completeCall();

    /** Ends the call; {@code handshake}: the peer still waits for Opened or Reset. */
    abstract void abortCall(Reset reset, boolean handshake);

    @Override
    public final FlowKey key() {
        return key;
    }

    @Override
    public final EventLoop loop() {
        return loop;
    }

    @Override
    public final void handler(FlowHandler next) {
        if (closed) {
            next.onReset(this, ResetReason.ABORTED, "the flow is over");
            next.onClosed(this);
        } else {
            handler = next;
        }
    }

    @Override
    public final void opened() {
        if (!closed && !open) {
            open = true;
            send(new WireFrame.Control(
                    Frame.newBuilder().setOpened(Opened.getDefaultInstance()).build()));
        }
    }

    @Override
    public final boolean isWritable() {
        return !closed && callReady();
    }

    @Override
    public final void write(ByteBuf data) {
        if (closed || sentFinished) {
            data.release();
        } else {
            send(new WireFrame.Data(data));
        }
    }

    @Override
    public final void finish() {
        if (closed || sentFinished) {
            return;
        }
        sentFinished = true;
        send(new WireFrame.Control(
                Frame.newBuilder().setFinished(Finished.getDefaultInstance()).build()));
        closeIfDone();
    }

    @Override
    public final void reset(ResetReason why, String text) {
        if (!loop.inEventLoop()) {
            loop.execute(() -> reset(why, text));
        } else if (!closed) {
            abortCall(why.toWire(text), !open);
            close();
        }
    }

    @Override
    public final void request(int frames) {
        if (!closed && frames > 0) {
            callRequest(frames);
        }
    }

    final boolean isClosed() {
        return closed;
    }

    /** A frame came from the peer. */
    final void received(WireFrame frame) {
        switch (frame) {
            case WireFrame.Data data -> receivedData(data.bytes());
            case WireFrame.Control control -> receivedControl(control.frame());
        }
    }

    private void receivedData(ByteBuf bytes) {
        if (closed || gotFinished || !bytes.isReadable() && key.protocol() == Transport.TCP) {
            bytes.release();
            request(1);
        } else {
            handler.onData(this, bytes);
        }
    }

    private void receivedControl(Frame frame) {
        switch (frame.getKindCase()) {
            case OPENED -> {
                if (!closed) {
                    open = true;
                    handler.onOpened(this);
                }
            }
            case FINISHED -> {
                if (!closed && !gotFinished) {
                    gotFinished = true;
                    handler.onFinished(this);
                    closeIfDone();
                }
            }
            case RESET -> peerReset(frame.getReset());
            case OPEN, DATA, KIND_NOT_SET -> request(1);
        }
    }

    /** The peer, or the transport under it, cut the flow. */
    final void peerReset(Reset reset) {
        if (!closed) {
            handler.onReset(this, ResetReason.of(reset), reset.getText());
            abortCall(reset, false);
            close();
        }
    }

    final void writable() {
        if (!closed) {
            handler.onWritable(this);
        }
    }

    private void closeIfDone() {
        if (sentFinished && gotFinished && !closed) {
            completeCall();
            close();
        }
    }

    private void close() {
        closed = true;
        FlowHandler last = handler;
        handler = FlowHandler.DISCARD;
        last.onClosed(this);
    }
}

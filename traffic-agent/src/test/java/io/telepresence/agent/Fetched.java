package io.telepresence.agent;

import io.netty.buffer.ByteBuf;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowAcceptor;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;

/** The client's end of a flow into a pod: writes down what comes out of it. */
final class Fetched implements FlowAcceptor, FlowHandler {
    private final ByteArrayOutputStream content = new ByteArrayOutputStream();
    private final AtomicReference<String> state = new AtomicReference<>("asked");
    private final AtomicReference<Flow> flow = new AtomicReference<>();
    volatile Open open;

    @Override
    public void accept(Flow next, Open how) {
        open = how;
        flow.set(next);
        next.handler(this);
        next.request(64);
    }

    /** asked, opened, finished, or why it was reset. */
    String state() {
        return state.get();
    }

    Flow flow() {
        return flow.get();
    }

    synchronized byte[] content() {
        return content.toByteArray();
    }

    void awaitState(String wanted) {
        Until.holds(wanted + ", not " + state(), () -> state().equals(wanted));
    }

    @Override
    public void onOpened(Flow same) {
        state.set("opened");
    }

    @Override
    public synchronized void onData(Flow same, ByteBuf data) {
        try {
            data.readBytes(content, data.readableBytes());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        data.release();
        same.request(1);
    }

    @Override
    public void onFinished(Flow same) {
        state.set("finished");
        same.finish();
    }

    @Override
    public void onReset(Flow same, ResetReason why, String text) {
        state.set(why + ": " + text);
    }
}

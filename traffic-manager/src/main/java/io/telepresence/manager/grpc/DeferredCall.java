package io.telepresence.manager.grpc;

import io.grpc.ServerCall;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A call that begins later, on another thread. Until then no message of it is asked for, so the transport keeps what its
 * window holds and nothing is parsed; what else happens to it is told afterwards, in order.
 */
final class DeferredCall<Q> extends ServerCall.Listener<Q> {
    private final Supplier<ServerCall.Listener<Q>> start;
    private final List<Consumer<ServerCall.Listener<Q>>> before = new ArrayList<>();
    private ServerCall.Listener<Q> begun;

    DeferredCall(Supplier<ServerCall.Listener<Q>> start) {
        this.start = start;
    }

    /** Once. */
    synchronized void begin() {
        begun = start.get();
        before.forEach(event -> event.accept(begun));
        before.clear();
    }

    private synchronized void tell(Consumer<ServerCall.Listener<Q>> event) {
        if (begun == null) {
            before.add(event);
        } else {
            event.accept(begun);
        }
    }

    @Override
    public void onMessage(Q message) {
        tell(listener -> listener.onMessage(message));
    }

    @Override
    public void onHalfClose() {
        tell(ServerCall.Listener::onHalfClose);
    }

    @Override
    public void onCancel() {
        tell(ServerCall.Listener::onCancel);
    }

    @Override
    public void onComplete() {
        tell(ServerCall.Listener::onComplete);
    }

    @Override
    public void onReady() {
        tell(ServerCall.Listener::onReady);
    }
}

package io.telepresence.rootd.stack;

import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** The way to the far end, cut for the stack. Called from any thread; no method blocks. */
public interface Uplink {
    /**
     * Asks the far end to dial {@code key.destination()}.
     *
     * <p>The handler hears {@code onOpened} or {@code onReset}, on the loop of the returned flow and never from within
     * this call. When there is no way to the far end, the flow is reset with {@code UNREACHABLE}, or, once the tunnel has
     * ended, this throws a {@link java.util.concurrent.RejectedExecutionException} and the handler hears of nothing.
     */
    Flow open(FlowKey key, FlowHandler handler);

    /** True once {@code target} answered an echo request sent from the far end; false: it did not within the time. */
    CompletionStage<Boolean> ping(InetAddress target, Duration within);
}

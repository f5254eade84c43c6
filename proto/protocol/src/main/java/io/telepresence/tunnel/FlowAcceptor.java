package io.telepresence.tunnel;

import io.telepresence.rpc.tunnel.Open;

/** Decides what to do with a flow that a peer opens: set its handler, then answer {@code opened} or {@code reset}. */
@FunctionalInterface
public interface FlowAcceptor {
    /** Called on the flow's loop, once, right after the Open frame came; must not block. */
    void accept(Flow flow, Open open);
}

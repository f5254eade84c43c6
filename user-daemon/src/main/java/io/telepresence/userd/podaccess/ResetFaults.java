package io.telepresence.userd.podaccess;

import io.telepresence.fault.Fault;
import io.telepresence.rpc.tunnel.Reset;

/** Why a flow into a pod was not opened, or was cut, as a fault. Pure. */
public final class ResetFaults {
    private ResetFaults() {}

    /** {@code UNREACHABLE}: trying again may help. */
    public static Fault of(Reset.Why why, String text) {
        String said = text.isEmpty() ? why.name() : text;
        return why == Reset.Why.DENIED ? Fault.denied(said, "") : Fault.unreachable(said, "");
    }
}

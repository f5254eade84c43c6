package io.telepresence.userd.podaccess;

import io.telepresence.fault.Fault;
import io.telepresence.tunnel.ResetReason;

/** Why a flow into a pod was not opened, or was cut, as a fault. Pure. */
public final class ResetFaults {
    private ResetFaults() {}

    /** {@code UNREACHABLE}: trying again may help. */
    public static Fault of(ResetReason why, String text) {
        String said = text.isEmpty() ? why.name() : text;
        return why == ResetReason.DENIED ? Fault.denied(said, "") : Fault.unreachable(said, "");
    }
}

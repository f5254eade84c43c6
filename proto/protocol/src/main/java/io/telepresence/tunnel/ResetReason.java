package io.telepresence.tunnel;

import io.telepresence.rpc.tunnel.Reset;

/** Why a flow was cut, or never opened. */
public enum ResetReason {
    /** None that this version knows. */
    UNSPECIFIED(Reset.Why.UNSPECIFIED),
    /** Nothing listens there: becomes a TCP RST, or an ICMP port unreachable. */
    REFUSED(Reset.Why.REFUSED),
    /** No route, or the host is down: becomes an ICMP host unreachable. */
    UNREACHABLE(Reset.Why.UNREACHABLE),
    TIMED_OUT(Reset.Why.TIMED_OUT),
    /** Its peer cut it when it was established. */
    ABORTED(Reset.Why.ABORTED),
    /** The client that should take it does not answer. */
    NO_CLIENT(Reset.Why.NO_CLIENT),
    /** The caller may not open it. */
    DENIED(Reset.Why.DENIED);

    private final Reset.Why wire;

    ResetReason(Reset.Why wire) {
        this.wire = wire;
    }

    /** The message that says so. */
    public Reset toWire(String text) {
        return Reset.newBuilder().setWhy(wire).setText(text).build();
    }

    /** Of a message; a newer peer may have a reason that this version does not know. */
    public static ResetReason of(Reset reset) {
        for (ResetReason reason : values()) {
            if (reason.wire == reset.getWhy()) {
                return reason;
            }
        }
        return UNSPECIFIED;
    }
}

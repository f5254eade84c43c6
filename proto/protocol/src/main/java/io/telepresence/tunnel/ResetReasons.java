package io.telepresence.tunnel;

import io.grpc.Status;
import io.netty.channel.ConnectTimeoutException;
import io.telepresence.rpc.tunnel.Reset;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;

/** Errors of sockets and gRPC calls as reasons of a reset, and back. */
public final class ResetReasons {
    private ResetReasons() {}

    /** Why dialling or a socket failed. Netty's own exceptions extend those of java.net. */
    public static ResetReason of(Throwable error) {
        return switch (error) {
            case ConnectTimeoutException e -> ResetReason.TIMED_OUT;
            case SocketTimeoutException e -> ResetReason.TIMED_OUT;
            case NoRouteToHostException e -> ResetReason.UNREACHABLE;
            case PortUnreachableException e -> ResetReason.REFUSED;
            case ConnectException e -> connect(String.valueOf(e.getMessage()));
            default -> ResetReason.ABORTED;
        };
    }

    private static ResetReason connect(String message) {
        if (message.contains("timed out")) {
            return ResetReason.TIMED_OUT;
        }
        return message.contains("nreachable") || message.contains("No route")
                ? ResetReason.UNREACHABLE
                : ResetReason.REFUSED;
    }

    /**
     * Why a flow's call ended without a frame that says so. Only the peer's own word (see {@link #toStatus}) is
     * {@code ABORTED} or {@code DENIED}; every other end is a fault of the tunnel, and then nobody knows whether the far
     * end would have refused.
     */
    public static Reset of(Status status) {
        ResetReason why =
                switch (status.getCode()) {
                    case ABORTED -> ResetReason.ABORTED;
                    case DEADLINE_EXCEEDED -> ResetReason.TIMED_OUT;
                    case PERMISSION_DENIED, UNAUTHENTICATED -> ResetReason.DENIED;
                    default -> ResetReason.UNREACHABLE;
                };
        String text = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        return why.toWire(text);
    }

    public static Status toStatus(Reset reset) {
        Status status = ResetReason.of(reset) == ResetReason.DENIED ? Status.PERMISSION_DENIED : Status.ABORTED;
        return status.withDescription(reset.getText());
    }
}

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
    public static Reset.Why of(Throwable error) {
        return switch (error) {
            case ConnectTimeoutException e -> Reset.Why.TIMED_OUT;
            case SocketTimeoutException e -> Reset.Why.TIMED_OUT;
            case NoRouteToHostException e -> Reset.Why.UNREACHABLE;
            case PortUnreachableException e -> Reset.Why.REFUSED;
            case ConnectException e -> connect(String.valueOf(e.getMessage()));
            default -> Reset.Why.ABORTED;
        };
    }

    private static Reset.Why connect(String message) {
        if (message.contains("timed out")) {
            return Reset.Why.TIMED_OUT;
        }
        return message.contains("nreachable") || message.contains("No route")
                ? Reset.Why.UNREACHABLE
                : Reset.Why.REFUSED;
    }

    /**
     * Why a flow's call ended without a frame that says so. Only the peer's own word (see {@link #toStatus}) is
     * {@code ABORTED} or {@code DENIED}; every other end is a fault of the tunnel, and then nobody knows whether the far
     * end would have refused.
     */
    public static Reset of(Status status) {
        Reset.Why why =
                switch (status.getCode()) {
                    case ABORTED -> Reset.Why.ABORTED;
                    case DEADLINE_EXCEEDED -> Reset.Why.TIMED_OUT;
                    case PERMISSION_DENIED, UNAUTHENTICATED -> Reset.Why.DENIED;
                    default -> Reset.Why.UNREACHABLE;
                };
        String text = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        return Reset.newBuilder().setWhy(why).setText(text).build();
    }

    public static Status toStatus(Reset reset) {
        Status status = reset.getWhy() == Reset.Why.DENIED ? Status.PERMISSION_DENIED : Status.ABORTED;
        return status.withDescription(reset.getText());
    }
}

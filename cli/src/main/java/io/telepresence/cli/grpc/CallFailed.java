package io.telepresence.cli.grpc;

import java.io.IOException;

/** A call that ended with a gRPC status other than OK, or whose connection broke. */
public final class CallFailed extends IOException {
    private static final long serialVersionUID = 1L;

    /** gRPC status codes that this client itself makes. */
    public static final int UNKNOWN = 2;

    public static final int DEADLINE_EXCEEDED = 4;
    public static final int UNIMPLEMENTED = 12;
    public static final int INTERNAL = 13;
    public static final int UNAVAILABLE = 14;

    private final int code;
    private final transient byte[] details;

    CallFailed(int code, String message) {
        this(code, message, new byte[0]);
    }

    CallFailed(int code, String message, byte[] details) {
        super(message);
        this.code = code;
        this.details = details;
    }

    CallFailed(int code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.details = new byte[0];
    }

    /** The gRPC status code; may be one that we have no name for. */
    public int code() {
        return code;
    }

    /** Value of the trailer that was asked for as details; empty where the peer sent none. */
    public byte[] details() {
        return details.clone();
    }
}

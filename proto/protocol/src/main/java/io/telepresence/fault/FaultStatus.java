package io.telepresence.fault;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import java.io.IOException;

/** Faults to gRPC statuses and back. The whole fault travels in the trailer {@code telepresence-fault-bin}. */
public final class FaultStatus {
    private static final Metadata.Key<io.telepresence.rpc.common.Fault> KEY = Metadata.Key.of(
            "telepresence-fault-bin",
            ProtoUtils.metadataMarshaller(io.telepresence.rpc.common.Fault.getDefaultInstance()));

    private FaultStatus() {}

    /** For the server edge: what to hand to {@code StreamObserver.onError}. */
    public static StatusRuntimeException toStatus(Throwable error) {
        Fault fault = of(error);
        Metadata trailers = new Metadata();
        trailers.put(KEY, toWire(fault));
        return code(fault.kind()).withDescription(fault.text()).withCause(error).asRuntimeException(trailers);
    }

    /** The fault in an error of any kind. A peer that sent no fault becomes one made of its status. */
    public static Fault of(Throwable error) {
        return switch (error) {
            case FaultException e -> e.fault();
            case StatusRuntimeException e -> fromStatus(e.getStatus(), e.getTrailers());
            case StatusException e -> fromStatus(e.getStatus(), e.getTrailers());
            default -> Fault.internal(describe(error));
        };
    }

    public static io.telepresence.rpc.common.Fault toWire(Fault fault) {
        return io.telepresence.rpc.common.Fault.newBuilder()
                .setKind(
                        switch (fault.kind()) {
                            case USER -> io.telepresence.rpc.common.Fault.Kind.USER;
                            case CONFIG -> io.telepresence.rpc.common.Fault.Kind.CONFIG;
                            case UNREACHABLE -> io.telepresence.rpc.common.Fault.Kind.UNREACHABLE;
                            case INTERNAL -> io.telepresence.rpc.common.Fault.Kind.INTERNAL;
                            case DENIED -> io.telepresence.rpc.common.Fault.Kind.DENIED;
                            case UNKNOWN -> io.telepresence.rpc.common.Fault.Kind.UNKNOWN;
                        })
                .setText(fault.text())
                .setRemedy(fault.remedy())
                .setLogFile(fault.logFile())
                .build();
    }

    public static Fault fromWire(io.telepresence.rpc.common.Fault wire) {
        Fault.Kind kind =
                switch (wire.getKind()) {
                    case USER -> Fault.Kind.USER;
                    case CONFIG -> Fault.Kind.CONFIG;
                    case UNREACHABLE -> Fault.Kind.UNREACHABLE;
                    case INTERNAL -> Fault.Kind.INTERNAL;
                    case DENIED -> Fault.Kind.DENIED;
                    case UNKNOWN, UNRECOGNIZED -> Fault.Kind.UNKNOWN;
                };
        return new Fault(kind, wire.getText(), wire.getRemedy(), wire.getLogFile());
    }

    private static Fault fromStatus(Status status, Metadata trailers) {
        io.telepresence.rpc.common.Fault wire = trailers == null ? null : trailers.get(KEY);
        if (wire != null) {
            return fromWire(wire);
        }
        String text = status.getCause() instanceof IOException broken
                ? "the connection was lost: " + describe(broken).replaceFirst("^.*\\): ", "")
                : status.getDescription() == null ? status.getCode().name() : status.getDescription();
        Fault.Kind kind =
                switch (status.getCode()) {
                    case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED -> Fault.Kind.UNREACHABLE;
                    case PERMISSION_DENIED, UNAUTHENTICATED -> Fault.Kind.DENIED;
                    case INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION -> Fault.Kind.USER;
                    default -> Fault.Kind.INTERNAL;
                };
        return new Fault(kind, text, "", "");
    }

    private static Status code(Fault.Kind kind) {
        return switch (kind) {
            case USER, CONFIG -> Status.FAILED_PRECONDITION;
            case UNREACHABLE -> Status.UNAVAILABLE;
            case DENIED -> Status.PERMISSION_DENIED;
            case INTERNAL, UNKNOWN -> Status.INTERNAL;
        };
    }

    private static String describe(Throwable error) {
        String message = error.getMessage();
        return message == null || message.isBlank() ? error.getClass().getSimpleName() : message;
    }
}

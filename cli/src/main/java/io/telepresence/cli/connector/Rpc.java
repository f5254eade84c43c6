package io.telepresence.cli.connector;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.telepresence.cli.grpc.CallFailed;
import io.telepresence.cli.grpc.GrpcCall;
import io.telepresence.cli.grpc.GrpcEndpoint;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/** Calls of one local daemon, with its failures as faults. */
public record Rpc(GrpcEndpoint target, String peer) {
    public Rpc(Path socket, String peer) {
        this(GrpcEndpoint.unix(socket), peer);
    }

    public <T> T ask(String method, MessageLite request, Parser<T> parser, Duration deadline) throws FaultException {
        AtomicReference<byte[]> answer = new AtomicReference<>(new byte[0]);
        call(method, request, deadline, answer::set);
        try {
            return parser.parseFrom(answer.get());
        } catch (IOException e) {
            throw Fault.internal("the " + peer + "'s answer cannot be read").exception(e);
        }
    }

    void call(String method, MessageLite request, Duration deadline, GrpcCall.Answers answers) throws FaultException {
        try {
            GrpcCall.run(target, method, request.toByteArray(), deadline, answers);
        } catch (CallFailed e) {
            throw fault(e).exception(e);
        } catch (IOException e) {
            throw Fault.unreachable(
                            "the " + peer + " does not answer at " + target + ": " + e.getMessage(),
                            "Run \"telepresence quit -s\", then \"telepresence connect\" again")
                    .exception(e);
        }
    }

    private Fault fault(CallFailed failure) {
        if (failure.details().length > 0) {
            try {
                return FaultStatus.fromWire(io.telepresence.rpc.common.Fault.parseFrom(failure.details()));
            } catch (IOException e) {
                return Fault.internal(failure.getMessage());
            }
        }
        return switch (failure.code()) {
            case CallFailed.DEADLINE_EXCEEDED ->
                Fault.unreachable(
                        "the " + peer + " does not answer (" + failure.getMessage() + ")",
                        "Look at its log, or end it with \"telepresence quit -s\"");
            case CallFailed.UNAVAILABLE ->
                Fault.unreachable("the " + peer + " went away: " + failure.getMessage(), "Try again");
            case CallFailed.UNIMPLEMENTED ->
                Fault.user(
                        "the " + peer + " that runs is of another version and cannot do this",
                        "Run \"telepresence quit -s\" and try again");
            default -> Fault.internal("the " + peer + " failed: " + failure.getMessage());
        };
    }
}

package io.telepresence.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A fault arrives as it was thrown; what is no fault becomes one, with the right person in turn. */
class FaultStatusTest {
    private static StatusRuntimeException arrived(Throwable thrown) {
        StatusRuntimeException sent = FaultStatus.toStatus(thrown);
        // As gRPC does it: the cause stays where it is.
        Status status = Status.fromCode(sent.getStatus().getCode())
                .withDescription(sent.getStatus().getDescription());
        return status.asRuntimeException(sent.getTrailers());
    }

    @ParameterizedTest
    @EnumSource
    void aFaultOfEachKindArrivesWhole(Fault.Kind kind) {
        Fault fault = new Fault(kind, "there is no “echo”", "Name another", "/var/log/x.log");
        assertEquals(fault, FaultStatus.of(arrived(fault.exception(new IOException("secret of the log")))));
        assertEquals(fault, FaultStatus.fromWire(FaultStatus.toWire(fault)));
    }

    @ParameterizedTest
    @CsvSource({
        "UNAVAILABLE, UNREACHABLE",
        "DEADLINE_EXCEEDED, UNREACHABLE",
        "CANCELLED, UNREACHABLE",
        "PERMISSION_DENIED, DENIED",
        "UNAUTHENTICATED, DENIED",
        "INVALID_ARGUMENT, USER",
        "NOT_FOUND, USER",
        "ALREADY_EXISTS, USER",
        "FAILED_PRECONDITION, USER",
        "INTERNAL, INTERNAL",
        "UNKNOWN, INTERNAL",
        "RESOURCE_EXHAUSTED, INTERNAL"
    })
    void aStatusOfSomebodyElseBecomesAFault(Status.Code code, Fault.Kind kind) {
        Status status = Status.fromCode(code);
        assertEquals(
                new Fault(kind, "why", "", ""),
                FaultStatus.of(status.withDescription("why").asRuntimeException()));
        assertEquals(
                new Fault(kind, "why", "", ""),
                FaultStatus.of(status.withDescription("why").asException()));
        assertEquals(code.name(), FaultStatus.of(status.asRuntimeException()).text(), "better than nothing");
        assertEquals(
                kind, FaultStatus.of(status.asRuntimeException(new Metadata())).kind());
    }

    @Test
    void anErrorWithoutAWordIsNamed() {
        assertEquals(Fault.internal("why"), FaultStatus.of(new IllegalStateException("why")));
        assertEquals(
                "IllegalStateException",
                FaultStatus.of(new IllegalStateException()).text());
        assertEquals("IOException", FaultStatus.of(new IOException(" ")).text());
    }

    @ParameterizedTest
    @CsvSource({
        "USER, FAILED_PRECONDITION",
        "CONFIG, FAILED_PRECONDITION",
        "UNREACHABLE, UNAVAILABLE",
        "DENIED, PERMISSION_DENIED",
        "INTERNAL, INTERNAL",
        "UNKNOWN, INTERNAL"
    })
    void aPeerThatKnowsNoFaultsReadsTheStatus(Fault.Kind kind, Status.Code code) {
        Status status = FaultStatus.toStatus(new Fault(kind, "what is wrong", "Do this", "").exception())
                .getStatus();
        assertEquals(code, status.getCode());
        assertEquals("what is wrong", status.getDescription());
        assertFalse(status.isOk());
    }

    @Test
    void aConnectionThatBreaksIsCalledSo() {
        Status broken = Status.UNAVAILABLE
                .withDescription("io exception")
                .withCause(new IOException("recvAddress(..) failed with error(-104): Connection reset by peer"));
        assertEquals(
                "the connection was lost: Connection reset by peer",
                FaultStatus.of(broken.asRuntimeException()).text());
        assertEquals(
                Fault.Kind.UNREACHABLE,
                FaultStatus.of(broken.asRuntimeException()).kind());
    }
}

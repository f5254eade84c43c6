package io.telepresence.tunnel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Status;
import io.netty.channel.ConnectTimeoutException;
import io.telepresence.rpc.tunnel.Reset;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A program hears "refused" only where the far end refused, and nothing of the sort when the tunnel broke. */
class ResetReasonsTest {
    static Stream<Arguments> errors() {
        return Stream.of(
                Arguments.of(new ConnectTimeoutException("connection timed out"), ResetReason.TIMED_OUT),
                Arguments.of(new SocketTimeoutException(), ResetReason.TIMED_OUT),
                Arguments.of(new ConnectException("Connection timed out"), ResetReason.TIMED_OUT),
                Arguments.of(new NoRouteToHostException("No route to host"), ResetReason.UNREACHABLE),
                Arguments.of(new ConnectException("Network is unreachable"), ResetReason.UNREACHABLE),
                Arguments.of(new ConnectException("Network unreachable"), ResetReason.UNREACHABLE),
                Arguments.of(new ConnectException("No route to host"), ResetReason.UNREACHABLE),
                Arguments.of(new ConnectException("finishConnect(..) failed: Connection refused"), ResetReason.REFUSED),
                Arguments.of(new ConnectException(), ResetReason.REFUSED),
                Arguments.of(new PortUnreachableException(), ResetReason.REFUSED),
                Arguments.of(new IOException("Connection reset by peer"), ResetReason.ABORTED),
                Arguments.of(new IllegalStateException(), ResetReason.ABORTED));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void anErrorOfASocketSaysWhy(Throwable error, ResetReason reason) {
        assertEquals(reason, ResetReasons.of(error));
    }

    @ParameterizedTest
    @CsvSource({
        "ABORTED, ABORTED",
        "PERMISSION_DENIED, DENIED",
        "UNAUTHENTICATED, DENIED",
        "DEADLINE_EXCEEDED, TIMED_OUT",
        "UNAVAILABLE, UNREACHABLE",
        "CANCELLED, UNREACHABLE",
        "INTERNAL, UNREACHABLE",
        "UNKNOWN, UNREACHABLE",
        "RESOURCE_EXHAUSTED, UNREACHABLE"
    })
    void aTunnelThatBreaksIsNotTheFarEndsAnswer(Status.Code code, ResetReason reason) {
        Reset reset = ResetReasons.of(Status.fromCode(code).withDescription("why"));
        assertEquals(reason, ResetReason.of(reset));
        assertEquals("why", reset.getText());
        assertEquals(code.name(), ResetReasons.of(Status.fromCode(code)).getText());
    }

    @ParameterizedTest
    @EnumSource
    void eachReasonHasItsMessage(ResetReason reason) {
        assertEquals(reason, ResetReason.of(reason.toWire("text")));
        ResetReason open = reason == ResetReason.DENIED ? ResetReason.DENIED : ResetReason.ABORTED;
        assertEquals(
                open, ResetReason.of(ResetReasons.of(ResetReasons.toStatus(reason.toWire("text")))), "of an open flow");
    }

    @Test
    void aNewerPeersReasonIsNoError() {
        assertEquals(
                ResetReason.UNSPECIFIED,
                ResetReason.of(Reset.newBuilder().setWhyValue(99).build()));
    }
}

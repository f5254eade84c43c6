package io.telepresence.userd.apiserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.proxy.ProxyConnectException;
import io.telepresence.fault.Fault;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whoever cannot reach the cluster reads which server it is, what happened, and whose turn it is. */
class ApiFaultsTest {
    private static final String URL = "https://one:6443";

    static Stream<Arguments> errors() {
        return Stream.of(
                Arguments.of(new TimeoutException(), "UNREACHABLE", " does not answer within 7 s"),
                Arguments.of(new ConnectTimeoutException(), "UNREACHABLE", " does not answer within 7 s"),
                Arguments.of(new ConnectException("Connection refused"), "UNREACHABLE", " refuses connections"),
                Arguments.of(
                        new ConnectException("Network is unreachable"),
                        "UNREACHABLE",
                        " cannot be reached: Network is unreachable"),
                Arguments.of(new NoRouteToHostException(), "UNREACHABLE", "there is no route to the API server "),
                Arguments.of(new ClosedChannelException(), "UNREACHABLE", " closed the connection"),
                Arguments.of(
                        new ProxyConnectException("407"),
                        "UNREACHABLE",
                        "the proxy did not connect to the API server "),
                Arguments.of(
                        new SSLException("outer", new IOException("no trusted issuer")),
                        "CONFIG",
                        "no trusted TLS connection to the API server " + URL + ": no trusted issuer"),
                Arguments.of(new IOException("strange"), "UNREACHABLE", " cannot be reached: strange"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void anErrorIsASentence(Throwable error, Fault.Kind kind, String part) {
        Fault fault = ApiFaults.ofError(error, URL, Duration.ofSeconds(7));
        assertEquals(kind, fault.kind());
        assertTrue(fault.text().contains(part), fault::text);
        assertTrue(fault.text().contains(URL), fault::text);
    }

    @Test
    void whatIsASentenceAlreadyStaysIt() {
        Fault fault = Fault.denied("the credential plugin failed", "Log in");
        assertEquals(fault, ApiFaults.ofError(fault.exception(), URL, Duration.ofSeconds(1)));
    }

    static Stream<Arguments> statuses() {
        String json = "{\"kind\":\"Status\",\"message\":\"no %s\"}";
        return Stream.of(
                Arguments.of(401, json, "DENIED", "does not accept your credentials"),
                Arguments.of(403, json, "DENIED", "you have no right to list pods (no %s)"),
                Arguments.of(403, "", "DENIED", "you have no right to list pods"),
                Arguments.of(403, "{}", "DENIED", "you have no right to list pods"),
                Arguments.of(404, json, "USER", "not found: list pods (no %s)"),
                Arguments.of(
                        503,
                        "Service Unavailable\nmore",
                        "UNREACHABLE",
                        " answered 503 to: list pods (Service Unavailable)"),
                Arguments.of(500, "[1]", "UNREACHABLE", " answered 500 to: list pods ([1])"));
    }

    @ParameterizedTest
    @MethodSource("statuses")
    void aStatusIsASentenceWithWhatTheServerSaid(int status, String body, Fault.Kind kind, String part) {
        Fault fault = ApiFaults.ofStatus(status, body, "list pods", URL);
        assertEquals(kind, fault.kind());
        assertTrue(fault.text().contains(part), fault::text);
    }
}

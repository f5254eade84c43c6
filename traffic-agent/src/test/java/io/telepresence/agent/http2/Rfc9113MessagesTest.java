package io.telepresence.agent.http2;

import static io.telepresence.agent.http2.RawCaller.*;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.agent.route.PortRoutes;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Section 8 of RFC 9113: requests that are none must not be passed on. */
@Timeout(60)
class Rfc9113MessagesTest {
    private FakeGrpcServer app;
    private ProxyFixture rig;

    @BeforeEach
    void open() throws Exception {
        app = new FakeGrpcServer("app");
        rig = new ProxyFixture(app.port(), Http2Handler::new);
        rig.rules = PortRoutes.of(List.of(ProxyFixture.taker("x-user", "me", app.port())));
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        app.close();
    }

    private static Arguments fields(String section, String... namesAndValues) {
        return Arguments.of(section, namesAndValues);
    }

    static List<Arguments> malformed() {
        return List.of(
                fields("8.2 upper case", with("X-Upper", "a")),
                fields("8.2 empty name", with("", "a")),
                fields("8.2 blank in a name", with("x y", "a")),
                fields("8.2 colon in a name", with("x:y", "a")),
                fields("8.2 NUL in a value", with("x", "a\0b")),
                fields("8.2 CR LF in a value", with("x", "a\r\nx-user: me")),
                fields("8.2.2 connection", with("connection", "close")),
                fields("8.2.2 keep-alive", with("keep-alive", "5")),
                fields("8.2.2 proxy-connection", with("proxy-connection", "close")),
                fields("8.2.2 transfer-encoding", with("transfer-encoding", "chunked")),
                fields("8.2.2 upgrade", with("upgrade", "websocket")),
                fields("8.2.2 te", with("te", "gzip")),
                fields("8.3 unknown pseudo field", with(":other", "a")),
                fields("8.3 of a response", with(":status", "200")),
                fields(
                        "8.3 after a field",
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        "x",
                        "y",
                        ":path",
                        "/",
                        ":authority",
                        "a"),
                fields("8.3 twice", ":method", "GET", ":method", "GET", ":scheme", "http", ":path", "/"),
                fields("8.3.1 two paths", ":method", "GET", ":scheme", "http", ":path", "/", ":path", "/admin"),
                fields("8.3.1 no method", ":scheme", "http", ":path", "/", ":authority", "a"),
                fields("8.3.1 no scheme", ":method", "GET", ":path", "/", ":authority", "a"),
                fields("8.3.1 no path", ":method", "GET", ":scheme", "http", ":authority", "a"),
                fields("8.3.1 empty path", ":method", "GET", ":scheme", "http", ":path", "", ":authority", "a"));
    }

    private static String[] with(String name, String value) {
        return new String[] {":method", "GET", ":scheme", "http", ":path", "/a", ":authority", "api", name, value};
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void malformedRequestsAreNotPassedOn(String section, String[] namesAndValues) throws IOException {
        try (RawCaller caller = RawCaller.open(rig.port())) {
            caller.frame(HEADERS, END_STREAM | END_HEADERS, 1, RawCaller.fields(namesAndValues));
            caller.awaitStreamError(1, PROTOCOL_ERROR);
            // Only the request after it has a verdict.
            assertEquals(1, rig.verdicts.size());
        }
    }

    @Test
    void section8_1_Trailers() throws IOException {
        try (RawCaller caller = RawCaller.open(rig.port())) {
            caller.post(1).frame(HEADERS, END_HEADERS, 1, RawCaller.fields("x-trailer", "a"));
            caller.awaitStreamError(1, PROTOCOL_ERROR);
        }
        try (RawCaller caller = RawCaller.open(rig.port())) {
            caller.post(1).frame(HEADERS, END_HEADERS | END_STREAM, 1, RawCaller.fields(":path", "/"));
            caller.awaitStreamError(1, PROTOCOL_ERROR);
        }
        try (RawCaller caller = RawCaller.open(rig.port())) {
            caller.post(1).frame(HEADERS, END_HEADERS | END_STREAM, 1, RawCaller.fields("x-trailer", "a"));
            caller.awaitAnswer(1);
        }
    }

    @Test
    void section8_1_1_ContentLength() throws IOException {
        try (RawCaller caller = RawCaller.open(rig.port())) {
            caller.post(1, "content-length", "1").frame(DATA, END_STREAM, 1, new byte[4]);
            caller.awaitStreamError(1, PROTOCOL_ERROR);
        }
        try (RawCaller caller = RawCaller.open(rig.port())) {
            caller.post(1, "content-length", "9").frame(DATA, END_STREAM, 1, new byte[4]);
            caller.awaitStreamError(1, PROTOCOL_ERROR);
        }
        try (RawCaller caller = RawCaller.open(rig.port())) {
            caller.get(1, "content-length", "4");
            caller.awaitStreamError(1, PROTOCOL_ERROR);
        }
    }
}

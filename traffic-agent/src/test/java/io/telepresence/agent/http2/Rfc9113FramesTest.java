package io.telepresence.agent.http2;

import static io.telepresence.agent.http2.RawCaller.*;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.telepresence.agent.route.PortRoutes;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The agent as a server of HTTP/2: what callers must not do, section by section of RFC 9113. Frames. */
@Timeout(60)
class Rfc9113FramesTest {
    private FakeGrpcServer app;
    private ProxyFixture rig;

    @BeforeEach
    void open() throws Exception {
        app = new FakeGrpcServer("app");
        rig = new ProxyFixture(app.port(), Http2Handler::new);
        rig.rules = PortRoutes.of(List.of(ProxyFixture.taker("x-user", "me", app.port())));
    }

    /** Whatever one caller has done, another is served. */
    @AfterEach
    void close() throws Exception {
        try (RawCaller other = RawCaller.open(rig.port())) {
            other.get(1).awaitAnswer(1);
        }
        rig.close();
        app.close();
    }

    private interface Deed {
        void to(RawCaller caller) throws IOException;
    }

    private void breaksTheConnection(int code, Deed deed) throws IOException {
        try (RawCaller caller = RawCaller.open(rig.port())) {
            deed.to(caller);
            caller.awaitConnectionError(code);
        }
    }

    private void breaksTheStream(int code, Deed deed) throws IOException {
        try (RawCaller caller = RawCaller.open(rig.port())) {
            deed.to(caller);
            caller.awaitStreamError(1, code);
        }
    }

    private void doesNoHarm(Deed deed) throws IOException {
        try (RawCaller caller = RawCaller.open(rig.port())) {
            deed.to(caller);
            caller.get(101).awaitAnswer(101);
        }
    }

    @Test
    void section3_4_Preface() throws IOException {
        try (RawCaller caller = RawCaller.silent(rig.port())) {
            caller.say("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
            caller.awaitConnectionError(PROTOCOL_ERROR);
        }
        try (RawCaller caller = RawCaller.silent(rig.port())) {
            caller.say(PREFACE);
            // Settings come first.
            caller.frame(PING, 0, 0, new byte[8]);
            caller.awaitConnectionError(PROTOCOL_ERROR);
        }
        try (RawCaller caller = RawCaller.open(rig.port())) {
            assertEquals(SETTINGS, caller.next().type());
            caller.await(f -> f.type() == SETTINGS && f.flags() == ACK);
        }
    }

    @Test
    void section4_1_UnknownFramesAndReservedBits() throws IOException {
        doesNoHarm(c -> c.frame(0x16, 0xff, 0, new byte[8]));
        doesNoHarm(c -> c.frame(PING, 0xfe, 0x80000000, new byte[8]));
        doesNoHarm(c -> c.get(1).frame(0x77, 0, 1, new byte[3]));
    }

    @Test
    void section4_2_FrameSize() throws IOException {
        doesNoHarm(c -> c.post(1).frame(DATA, END_STREAM, 1, new byte[16_384]));
        breaksTheConnection(FRAME_SIZE_ERROR, c -> c.frame(HEADERS, END_STREAM | END_HEADERS, 1, new byte[16_385]));
        breaksTheConnection(FRAME_SIZE_ERROR, c -> c.frame(SETTINGS, 0, 0, new byte[16_386]));
        breaksTheConnection(FRAME_SIZE_ERROR, c -> c.post(1).header(1 << 20, DATA, 0, 1, new byte[20_000]));
    }

    @Test
    void section4_3_FieldBlocks() throws IOException {
        // An index that no table has; a size update amid fields; a string longer than the block.
        breaksTheConnection(
                COMPRESSION_ERROR, c -> c.frame(HEADERS, END_HEADERS, 1, (byte) 0xff, (byte) 0xff, (byte) 0x7f));
        breaksTheConnection(COMPRESSION_ERROR, c -> c.frame(HEADERS, END_HEADERS, 1, (byte) 0x82, (byte) 0x20));
        breaksTheConnection(COMPRESSION_ERROR, c -> c.frame(HEADERS, END_HEADERS, 1, (byte) 0, (byte) 100, (byte) 'a'));
    }

    @Test
    void section5_1_StreamStates() throws IOException {
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(DATA, END_STREAM, 1, new byte[4]));
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(RST_STREAM, 0, 1, number(8)));
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(WINDOW_UPDATE, 0, 1, number(100)));
        // A request that has ended goes on.
        try (RawCaller caller = RawCaller.open(rig.port())) {
            caller.get(1).frame(DATA, END_STREAM, 1, new byte[4]);
            caller.awaitStreamError(1, STREAM_CLOSED);
        }
        try (RawCaller caller = RawCaller.open(rig.port())) {
            caller.post(1).frame(RST_STREAM, 0, 1, number(8));
            caller.frame(HEADERS, END_HEADERS, 1, request("GET"));
            caller.awaitStreamError(1, STREAM_CLOSED);
        }
        // What was under way when a stream was reset may still come.
        doesNoHarm(c -> c.post(1).frame(RST_STREAM, 0, 1, number(8)).frame(WINDOW_UPDATE, 0, 1, number(5)));
    }

    @Test
    void section5_1_1_StreamNumbers() throws IOException {
        breaksTheConnection(PROTOCOL_ERROR, c -> c.get(2));
        breaksTheConnection(PROTOCOL_ERROR, c -> c.get(0));
        try (RawCaller caller = RawCaller.open(rig.port())) {
            // Stream 5 has closed those before it that were not used.
            caller.get(5).get(3).awaitStreamError(3, STREAM_CLOSED);
        }
    }

    @Test
    void section5_1_2_Concurrency() throws IOException {
        try (RawCaller caller = RawCaller.open(rig.port())) {
            for (int i = 0; i <= Http2Peer.MOST_STREAMS; i++) {
                caller.post(2 * i + 1);
            }
            int last = 2 * Http2Peer.MOST_STREAMS + 1;
            Frame refused = caller.await(f -> f.is(RST_STREAM, last) || f.type() == GOAWAY);
            assertEquals(RST_STREAM, refused.type());
            assertEquals(REFUSED_STREAM, refused.number());
        }
    }

    @Test
    void section6_1_Data() throws IOException {
        breaksTheConnection(PROTOCOL_ERROR, c -> c.post(1).frame(DATA, END_STREAM, 0, new byte[4]));
        breaksTheConnection(PROTOCOL_ERROR, c -> c.post(1).frame(DATA, END_STREAM | PADDED, 1, (byte) 4, (byte) 0));
        doesNoHarm(c -> c.post(1).frame(DATA, END_STREAM | PADDED, 1, (byte) 2, (byte) 1, (byte) 0, (byte) 0));
    }

    @Test
    void section6_2_Headers() throws IOException {
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(HEADERS, END_HEADERS | END_STREAM, 0, request("GET")));
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(HEADERS, END_HEADERS | PADDED, 1, (byte) 9, (byte) 0x82));
        // Between HEADERS and its end only CONTINUATION may come.
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(HEADERS, END_STREAM, 1, request("GET"))
                .frame(PING, 0, 0, new byte[8]));
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(HEADERS, END_STREAM, 1, request("GET"))
                .get(3));
    }

    @Test
    void section6_3_Priority() throws IOException {
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(PRIORITY, 0, 0, new byte[5]));
        doesNoHarm(c -> c.frame(PRIORITY, 0, 1, (byte) 0, (byte) 0, (byte) 0, (byte) 3, (byte) 9));
    }

    @Test
    void section6_4_RstStream() throws IOException {
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(RST_STREAM, 0, 0, number(8)));
        breaksTheConnection(FRAME_SIZE_ERROR, c -> c.post(1).frame(RST_STREAM, 0, 1, new byte[3]));
    }

    @Test
    void section6_5_Settings() throws IOException {
        breaksTheConnection(FRAME_SIZE_ERROR, c -> c.frame(SETTINGS, ACK, 0, setting(3, 1)));
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(SETTINGS, 0, 1, setting(3, 1)));
        breaksTheConnection(FRAME_SIZE_ERROR, c -> c.frame(SETTINGS, 0, 0, new byte[5]));
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(SETTINGS, 0, 0, setting(2, 2)));
        breaksTheConnection(FLOW_CONTROL_ERROR, c -> c.frame(SETTINGS, 0, 0, setting(4, 0x80000000)));
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(SETTINGS, 0, 0, setting(5, 16_383)));
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(SETTINGS, 0, 0, setting(5, 1 << 24)));
        doesNoHarm(c -> c.frame(SETTINGS, 0, 0, setting(0xabc, 7)));
    }

    @Test
    void section6_6_PushPromise() throws IOException {
        breaksTheConnection(PROTOCOL_ERROR, c -> c.post(1).frame(PUSH_PROMISE, END_HEADERS, 1, number(2)));
    }

    @Test
    void section6_7_Ping() throws IOException {
        try (RawCaller caller = RawCaller.open(rig.port())) {
            byte[] said = {1, 2, 3, 4, 5, 6, 7, 8};
            caller.frame(PING, 0, 0, said);
            Frame heard = caller.await(f -> f.type() == PING);
            assertEquals(ACK, heard.flags());
            assertArrayEquals(said, heard.payload());
            // An acknowledgement is not acknowledged: the next one that comes is of the next question.
            caller.frame(PING, ACK, 0, said).frame(PING, 0, 0, new byte[8]);
            assertArrayEquals(new byte[8], caller.await(f -> f.type() == PING).payload());
        }
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(PING, 0, 1, new byte[8]));
        breaksTheConnection(FRAME_SIZE_ERROR, c -> c.frame(PING, 0, 0, new byte[7]));
    }

    @Test
    void section6_8_GoAway() throws IOException {
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(GOAWAY, 0, 1, new byte[8]));
        // What was asked before is still answered, and the connection ends.
        try (RawCaller caller = RawCaller.open(rig.port())) {
            caller.get(1).frame(GOAWAY, 0, 0, new byte[8]).awaitAnswer(1);
        }
    }

    @Test
    void section6_9_WindowUpdate() throws IOException {
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(WINDOW_UPDATE, 0, 0, number(0)));
        breaksTheStream(PROTOCOL_ERROR, c -> c.post(1).frame(WINDOW_UPDATE, 0, 1, number(0)));
        breaksTheConnection(FRAME_SIZE_ERROR, c -> c.frame(WINDOW_UPDATE, 0, 0, new byte[3]));
        breaksTheConnection(FLOW_CONTROL_ERROR, c -> c.frame(WINDOW_UPDATE, 0, 0, number(Integer.MAX_VALUE)));
        breaksTheStream(FLOW_CONTROL_ERROR, c -> c.post(1).frame(WINDOW_UPDATE, 0, 1, number(Integer.MAX_VALUE)));
    }

    /** Who sends more than was allowed. */
    @Test
    void section6_9_1_TheWindow() throws IOException {
        try (RawCaller caller = RawCaller.open(rig.port())) {
            // The app's call does not read, so no window is given back.
            caller.frame(
                    HEADERS,
                    END_HEADERS,
                    1,
                    fields(
                            ":method",
                            "POST",
                            ":scheme",
                            "http",
                            ":path",
                            "/test.Place/Slow",
                            ":authority",
                            "a",
                            "content-type",
                            "application/grpc",
                            "te",
                            "trailers"));
            byte[] piece = new byte[16_000];
            for (int i = 0; i < 600; i++) {
                caller.frame(DATA, 0, 1, piece);
            }
            Frame error = caller.await(f -> f.type() == RST_STREAM || f.type() == GOAWAY);
            assertEquals(FLOW_CONTROL_ERROR, error.number());
        }
    }

    @Test
    void section6_10_Continuation() throws IOException {
        byte[] block = request("GET", "x-long", "y".repeat(500));
        doesNoHarm(c -> {
            c.frame(HEADERS, END_STREAM, 1, java.util.Arrays.copyOf(block, 10));
            c.frame(CONTINUATION, 0, 1, java.util.Arrays.copyOfRange(block, 10, 300));
            c.frame(CONTINUATION, END_HEADERS, 1, java.util.Arrays.copyOfRange(block, 300, block.length));
            c.awaitAnswer(1);
        });
        breaksTheConnection(PROTOCOL_ERROR, c -> c.frame(CONTINUATION, END_HEADERS, 1, block));
        breaksTheConnection(PROTOCOL_ERROR, c -> c.get(1).frame(CONTINUATION, END_HEADERS, 1, block));
        breaksTheConnection(
                PROTOCOL_ERROR, c -> c.frame(HEADERS, END_STREAM, 1, block).frame(CONTINUATION, END_HEADERS, 3, block));
        breaksTheConnection(
                PROTOCOL_ERROR, c -> c.frame(HEADERS, END_STREAM, 1, block).frame(CONTINUATION, END_HEADERS, 0, block));
    }

    /** A head without end costs a bounded amount of memory. */
    @Test
    void section10_5_HeadsWithoutEnd() throws IOException {
        try (RawCaller caller = RawCaller.open(rig.port())) {
            caller.frame(HEADERS, END_STREAM, 1, request("GET"));
            byte[] piece = fields("x", "y".repeat(10_000));
            for (int i = 0; i < 2_000; i++) {
                caller.frame(CONTINUATION, 0, 1, piece);
            }
            Frame last = null;
            for (Frame frame = caller.next(); frame != null; frame = caller.next()) {
                last = frame;
            }
            assertEquals(GOAWAY, last.type());
            assertNull(caller.next());
        }
    }
}

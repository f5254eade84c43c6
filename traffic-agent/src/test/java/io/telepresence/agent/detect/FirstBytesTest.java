package io.telepresence.agent.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FirstBytesTest {
    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    @Test
    void aLineThatComesByteByByteCostsAsMuchAsItsLength() {
        FirstBytes bytes = new FirstBytes();
        String line = "GET /" + "a".repeat(59_000) + " HTTP/1.1\r";
        assertTimeout(Duration.ofSeconds(1), () -> {
            for (int i = 0; i < line.length(); i++) {
                assertEquals(DetectedProtocol.UNDECIDED, bytes.add(text(line.substring(i, i + 1))));
            }
            assertEquals(DetectedProtocol.HTTP1, bytes.add(text("\n")));
        });
        ByteBuf all = bytes.take();
        assertEquals(line + "\n", all.toString(StandardCharsets.US_ASCII));
        all.release();
        assertEquals(0, all.refCnt());
    }

    @Test
    void aLineWithoutEndIsNoRequest() {
        FirstBytes bytes = new FirstBytes();
        bytes.add(text("GET /"));
        DetectedProtocol seen = DetectedProtocol.UNDECIDED;
        for (int i = 0; i < 62; i++) {
            seen = bytes.add(text("a".repeat(1_000)));
        }
        assertEquals(DetectedProtocol.OTHER, seen);
    }

    @Test
    void whatIsDecidedByTheBeginningIsDecidedAtOnce() {
        FirstBytes preface = new FirstBytes();
        assertEquals(DetectedProtocol.UNDECIDED, preface.add(text("PRI * HTT")));
        assertEquals(DetectedProtocol.HTTP2, preface.add(text("P/2.0\r\n\r\nSM\r\n\r\n")));
        FirstBytes other = new FirstBytes();
        assertEquals(DetectedProtocol.UNDECIDED, other.add(text("HELO")));
        assertEquals(DetectedProtocol.OTHER, other.add(text("\0")));
    }
}

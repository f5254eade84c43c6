package io.telepresence.agent.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerWatchTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    true  | HTTP/1.1 200 OK~content-length: 3~~abc
                    true  | HTTP/1.1 200 OK~Content-Length:0~~
                    false | HTTP/1.1 200 OK~Content-Length: 4~~abc
                    true  | HTTP/1.1 204 No Content~X: y~~
                    true  | HTTP/1.1 304 Not Modified~Content-Length: 99~~
                    true  | HTTP/1.1 200 OK~Transfer-Encoding: gzip, chunked~~3~abc~0~~
                    true  | HTTP/1.1 200 OK~Transfer-Encoding: chunked~~0~~
                    false | HTTP/1.1 200 OK~Transfer-Encoding: chunked~~3~abc~
                    true  | HTTP/1.1 100 Continue~~HTTP/1.1 103 Early Hints~Link: x~~HTTP/1.1 200 OK~Content-Length: 1~~a
                    false | HTTP/1.1 100 Continue~~
                    false | HTTP/1.1 101 Switching Protocols~Upgrade: websocket~~
                    false | HTTP/1.0 200 OK~~until the end
                    """)
    void theEndIsFoundHoweverItIsCut(boolean whole, String answer) {
        byte[] bytes = answer.replace("~", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        for (int size = 1; size <= bytes.length; size++) {
            AnswerWatch watch = new AnswerWatch();
            for (int i = 0; i < bytes.length; i += size) {
                watch.heard(Unpooled.wrappedBuffer(bytes, i, Math.min(size, bytes.length - i)));
            }
            assertEquals(whole, watch.isWhole(), "in pieces of " + size);
        }
    }

    @Test
    void otherProtocolsAreNoHttp() {
        AnswerWatch watch = new AnswerWatch();
        watch.heard(Unpooled.wrappedBuffer(new byte[] {0, 0, 18, 4}));
        assertFalse(watch.isHttp());
        assertFalse(watch.isWhole());
    }

    @Test
    void aFloodOfInterimAnswersIsNotFollowedForEver() {
        AnswerWatch watch = new AnswerWatch();
        watch.heard(Unpooled.copiedBuffer("HTTP/1.1 100 x\r\n\r\n".repeat(20_000), StandardCharsets.US_ASCII));
        assertFalse(watch.isWhole());
    }
}

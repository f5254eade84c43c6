package io.telepresence.agent.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class PartialHeadTest {
    private static final String HEAD = "HTTP/1.1 200 OK\r\nX: " + "x".repeat(60_000) + "\r\nY: 1\n\r\n";

    private final PartialHead partial = new PartialHead();

    /** Sixty thousand pieces, and no work that grows with what came before. */
    @Test
    @Timeout(value = 5, unit = TimeUnit.SECONDS)
    void byteByByte() {
        for (int i = 0; i < HEAD.length(); i++) {
            ByteBuf all = partial.join(buffer(HEAD.substring(i, i + 1)));
            int end = partial.end(all, all.readerIndex(), all.writerIndex());
            if (i < HEAD.length() - 1) {
                assertEquals(-1, end, "at " + i);
                partial.keep(all, all.readerIndex());
            } else {
                assertEquals(all.writerIndex(), end);
                assertEquals(HEAD, all.toString(StandardCharsets.US_ASCII));
            }
            all.release();
        }
        assertNull(partial.take());
    }

    /** The first part of a buffer is on its way to the caller when the rest of it waits here. */
    @Test
    void whatIsUnderWayIsNotWrittenTo() {
        ByteBuf read = PooledByteBufAllocator.DEFAULT.buffer(64);
        read.writeCharSequence("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2", StandardCharsets.US_ASCII);
        int first = partial.end(read, 0, read.writerIndex());
        assertEquals(25, first);
        ByteBuf passed = read.retainedSlice(0, first);
        assertEquals(-1, partial.end(read, first, read.writerIndex()));
        partial.keep(read, first);
        read.release();
        ByteBuf all = partial.join(buffer("00 OK\r\n\r\n"));
        assertEquals("HTTP/1.1 200 OK\r\n\r\n", all.toString(StandardCharsets.US_ASCII));
        assertEquals(all.writerIndex(), partial.end(all, all.readerIndex(), all.writerIndex()));
        assertEquals("HTTP/1.1 100 Continue\r\n\r\n", passed.toString(StandardCharsets.US_ASCII));
        passed.release();
        all.release();
        assertEquals(0, read.refCnt());
    }

    private static ByteBuf buffer(String text) {
        ByteBuf buffer = PooledByteBufAllocator.DEFAULT.buffer(text.length());
        buffer.writeCharSequence(text, StandardCharsets.US_ASCII);
        return buffer;
    }
}

package io.telepresence.agent.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class CumulationTest {
    private static final int FRAME = 1000;
    private static final int READ = 1024;

    /** As on a busy connection: what was decoded leaves only after the next read has come. */
    @Test
    void theBufferDoesNotGrowAndNothingIsLost() {
        Queue<ByteBuf> leaving = new ArrayDeque<>();
        ByteBuf joined = Unpooled.EMPTY_BUFFER;
        int written = 0;
        int read = 0;
        for (int i = 0; i < 10_000; i++) {
            ByteBuf next = ByteBufAllocator.DEFAULT.directBuffer(READ);
            while (next.isWritable(4)) {
                next.writeInt(written++);
            }
            joined = Cumulation.CUMULATOR.cumulate(ByteBufAllocator.DEFAULT, joined, next);
            assertTrue(joined.capacity() <= 4 * READ, joined.toString());
            while (!leaving.isEmpty()) {
                leaving.poll().release();
            }
            while (joined.isReadable(FRAME)) {
                ByteBuf frame = joined.readSlice(FRAME);
                assertEquals(read, frame.getInt(0));
                read += FRAME / 4;
                leaving.add(frame.retain());
            }
        }
        leaving.forEach(ByteBuf::release);
        assertTrue(joined.release());
        assertEquals(written - written % (FRAME / 4), read);
    }
}

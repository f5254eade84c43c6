package io.telepresence.agent.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class FrameBoundariesTest {
    private final FrameBoundaries seam = new FrameBoundaries();

    @Test
    void opensBetweenFrames() {
        assertFalse(seam.isOpen());
        ByteBuf frames = Unpooled.wrappedBuffer(frame(6), frame(300), frame(0));
        assertEquals(15, seam.pass(frames));
        assertTrue(seam.isOpen());
        assertEquals(0, frames.readerIndex());
    }

    @Test
    void howTheBytesAreCutDoesNotMatter() {
        ByteBuf frames = Unpooled.wrappedBuffer(frame(0), frame(1), frame(70_000), frame(3));
        int borders = 0;
        while (frames.isReadable()) {
            int at = seam.pass(frames.readSlice(1));
            assertEquals(seam.isOpen() ? 1 : -1, at);
            borders += seam.isOpen() ? 1 : 0;
        }
        assertEquals(4, borders);
    }

    @Test
    void aBorderInTheMiddleIsFound() {
        seam.pass(frame(6));
        ByteBuf frames = Unpooled.wrappedBuffer(frame(100), frame(100));
        assertEquals(-1, seam.pass(frames.readSlice(50)));
        assertEquals(59, seam.pass(frames.readSlice(100)));
        assertFalse(seam.isOpen());
    }

    private static ByteBuf frame(int length) {
        return Unpooled.buffer()
                .writeMedium(length)
                .writeByte(0)
                .writeByte(0)
                .writeInt(1)
                .writeZero(length);
    }
}

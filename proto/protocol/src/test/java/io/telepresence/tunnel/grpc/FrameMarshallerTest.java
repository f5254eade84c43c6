package io.telepresence.tunnel.grpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Detachable;
import io.grpc.HasByteBuffer;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameMarshallerTest {
    private final FrameMarshaller marshaller = new FrameMarshaller();

    /** A message in the transport's own buffers, which are given back when it is closed. */
    private static final class Own extends ByteArrayInputStream implements Detachable, HasByteBuffer {
        private boolean closed;

        Own(byte... bytes) {
            super(bytes);
        }

        @Override
        public InputStream detach() {
            return this;
        }

        @Override
        public boolean byteBufferSupported() {
            return true;
        }

        @Override
        public ByteBuffer getByteBuffer() {
            return available() == 0 ? null : ByteBuffer.wrap(buf, pos, available());
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    void payloadIsBorrowedUntilItIsReleased() {
        Own own = new Own((byte) 0x0a, (byte) 2, (byte) 7, (byte) 8);
        WireFrame.Data data = (WireFrame.Data) marshaller.parse(own);
        assertArrayEquals(new byte[] {7, 8}, ByteBufUtil.getBytes(data.bytes()));
        assertFalse(own.closed);
        data.bytes().release();
        assertTrue(own.closed);
    }

    /** Shorter than it says, and of a negative length. */
    @ParameterizedTest
    @ValueSource(strings = {"0a09010203", "0a", "0aff", "0affffffff0f", "0affffffffff7f"})
    void aFrameThatIsNotWholeKeepsNothing(String hex) {
        Own own = new Own(ByteBufUtil.decodeHexDump(hex));
        assertThrows(UncheckedIOException.class, () -> marshaller.parse(own));
        assertTrue(own.closed);
    }
}

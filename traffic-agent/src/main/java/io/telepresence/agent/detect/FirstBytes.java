package io.telepresence.agent.detect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * What a caller has sent so far, in however small pieces: each is looked at once, and copied once at most. On the caller's
 * loop.
 */
final class FirstBytes {
    /** All but the end of a request line is decided by then. */
    private static final int BEGINNING = 64;

    private ByteBuf bytes = Unpooled.EMPTY_BUFFER;
    private boolean own;

    /** Takes over {@code data}. */
    DetectedProtocol add(ByteBuf data) {
        boolean news = bytes.readableBytes() < BEGINNING
                || data.indexOf(data.readerIndex(), data.writerIndex(), (byte) '\n') >= 0;
        append(data);
        return news || bytes.readableBytes() > DetectedProtocol.LONGEST_LINE
                ? DetectedProtocol.of(bytes)
                : DetectedProtocol.UNDECIDED;
    }

    private void append(ByteBuf data) {
        if (!bytes.isReadable()) {
            bytes = data;
            return;
        }
        if (!own) {
            // The buffer of a read is larger than what is in it, and may be shared.
            ByteBuf copy = Unpooled.buffer(2 * (bytes.readableBytes() + data.readableBytes()));
            copy.writeBytes(bytes);
            bytes.release();
            bytes = copy;
            own = true;
        }
        bytes.writeBytes(data);
        data.release();
    }

    boolean isEmpty() {
        return !bytes.isReadable();
    }

    /** Gives everything away. */
    ByteBuf take() {
        ByteBuf all = bytes;
        bytes = Unpooled.EMPTY_BUFFER;
        own = false;
        return all;
    }
}

package io.telepresence.agent.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** What has come from a caller and is not passed on yet: usually one buffer, passed on as it is. On one loop. */
final class DownstreamBytes {
    private ByteBuf bytes = Unpooled.EMPTY_BUFFER;
    /** Up to where no head ends. */
    private int searched;

    /** Takes ownership. */
    void add(ByteBuf data) {
        if (!bytes.isReadable()) {
            bytes.release();
            bytes = data;
            searched = data.readerIndex();
            return;
        }
        searched -= bytes.readerIndex();
        bytes = PartialHead.append(bytes, data);
        searched += bytes.readerIndex();
    }

    boolean isEmpty() {
        return !bytes.isReadable();
    }

    /** Nothing but ends of lines, which some callers send after a body. */
    boolean isBlank() {
        return bytes.forEachByte(b -> b == '\r' || b == '\n') < 0;
    }

    int size() {
        return bytes.readableBytes();
    }

    /** To be looked at only. */
    ByteBuf bytes() {
        return bytes;
    }

    int begin() {
        return bytes.readerIndex();
    }

    /** Bytes of the head that begins here, empty lines before it included; -1: its end has not come. */
    int headLength() {
        if (searched == bytes.readerIndex()) {
            while (searched < bytes.writerIndex() && isLineEnd(bytes.getByte(searched))) {
                searched++;
            }
        }
        int end = HeadDelimiter.find(bytes, searched, bytes.writerIndex());
        if (end < 0) {
            searched = HeadDelimiter.resume(searched, bytes.writerIndex());
            return -1;
        }
        return end - bytes.readerIndex();
    }

    private static boolean isLineEnd(byte b) {
        return b == '\r' || b == '\n';
    }

    void skip(int length) {
        bytes.skipBytes(length);
        searched = bytes.readerIndex();
    }

    /** The next bytes; the caller of this owns them. */
    ByteBuf take(int length) {
        if (length == bytes.readableBytes()) {
            return takeAll();
        }
        ByteBuf taken = bytes.readRetainedSlice(length);
        searched = bytes.readerIndex();
        return taken;
    }

    ByteBuf takeAll() {
        ByteBuf taken = bytes;
        bytes = Unpooled.EMPTY_BUFFER;
        searched = 0;
        return taken;
    }

    void release() {
        takeAll().release();
    }
}

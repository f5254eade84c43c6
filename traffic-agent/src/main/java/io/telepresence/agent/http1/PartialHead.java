package io.telepresence.agent.http1;

import io.netty.buffer.ByteBuf;

/**
 * The beginning of a response's head whose end has not come, however small the pieces are in which it comes: each byte is
 * searched once, and copied a few times at most. On one loop.
 */
final class PartialHead {
    private ByteBuf bytes;
    /** How many of them need no second look. */
    private int searched;

    /** What was kept, followed by what has come; takes ownership, and gives it. */
    ByteBuf join(ByteBuf data) {
        if (bytes == null) {
            return data;
        }
        ByteBuf joined = append(bytes, data);
        bytes = null;
        return joined;
    }

    /** As {@link HeadDelimiter#find}, for a head that begins at {@code begin}. */
    int end(ByteBuf data, int begin, int to) {
        int end = HeadDelimiter.find(data, begin + searched, to);
        searched = end < 0 ? HeadDelimiter.resume(begin, to) - begin : 0;
        return end;
    }

    /** Keeps what begins at {@code at}; {@code data} stays its owner's. */
    void keep(ByteBuf data, int at) {
        // Where nothing else of the buffer is under way it may be added to.
        bytes = at == data.readerIndex() ? data.retain() : data.retainedSlice(at, data.writerIndex() - at);
    }

    /** What is kept, now somebody else's; null: nothing. */
    ByteBuf take() {
        ByteBuf taken = bytes;
        bytes = null;
        searched = 0;
        return taken;
    }

    void release() {
        if (bytes != null) {
            take().release();
        }
    }

    /** Owns both; the result is the first one if it has room and nobody else reads it, else twice as large. */
    static ByteBuf append(ByteBuf first, ByteBuf more) {
        int length = more.readableBytes();
        ByteBuf joined = first;
        if (first.isReadOnly() || first.refCnt() > 1 || first.writableBytes() < length) {
            joined = more.alloc().buffer(2 * (first.readableBytes() + length));
            joined.writeBytes(first);
            first.release();
        }
        joined.writeBytes(more);
        more.release();
        return joined;
    }
}

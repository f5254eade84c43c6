package io.telepresence.agent.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.ByteToMessageDecoder.Cumulator;

/**
 * Joins the rest of a frame with what is read next. Never lets the buffer grow: parts of it are still on their way to
 * the other side when more comes, so what was decoded of it cannot be discarded, and a busy connection would keep all it
 * ever received (Netty's own way does).
 */
final class Cumulation implements Cumulator {
    static final Cumulation CUMULATOR = new Cumulation();

    private Cumulation() {}

    @Override
    public ByteBuf cumulate(ByteBufAllocator allocator, ByteBuf rest, ByteBuf next) {
        if (!rest.isReadable()) {
            rest.release();
            return next;
        }
        ByteBuf joined = rest;
        try {
            if (rest.isReadOnly() || rest.writableBytes() < next.readableBytes()) {
                joined = allocator.ioBuffer(rest.readableBytes() + next.readableBytes());
                joined.writeBytes(rest, rest.readerIndex(), rest.readableBytes());
            }
            joined.writeBytes(next, next.readerIndex(), next.readableBytes());
        } finally {
            next.release();
        }
        if (joined != rest) {
            rest.release();
        }
        return joined;
    }
}

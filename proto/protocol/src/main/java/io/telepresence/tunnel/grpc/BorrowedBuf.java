package io.telepresence.tunnel.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.Closeable;
import java.io.IOException;
import org.slf4j.LoggerFactory;

/** Payload that lies in gRPC's receive buffers; releasing it gives them back. */
final class BorrowedBuf extends CompositeByteBuf {
    private final Closeable lender;

    BorrowedBuf(ByteBuf[] parts, Closeable lender) {
        super(UnpooledByteBufAllocator.DEFAULT, false, Math.max(16, parts.length), parts);
        this.lender = lender;
    }

    @Override
    protected void deallocate() {
        super.deallocate();
        try {
            lender.close();
        } catch (IOException e) {
            LoggerFactory.getLogger(BorrowedBuf.class).debug("giving back a receive buffer", e);
        }
    }
}

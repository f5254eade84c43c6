package io.telepresence.tunnel.grpc;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A data frame to be sent: gRPC drains it once, in the thread that sends, and the payload is released then. */
final class PayloadStream extends InputStream implements Drainable, KnownLength {
    private final ByteBuf payload;
    private final byte[] header;
    private int headerRead;

    PayloadStream(ByteBuf payload) {
        this.payload = payload;
        this.header = header(payload.readableBytes());
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
        int length = available();
        target.write(header, headerRead, header.length - headerRead);
        headerRead = header.length;
        payload.readBytes(target, payload.readableBytes());
        payload.release();
        return length;
    }

    @Override
    public int available() {
        return header.length - headerRead + payload.readableBytes();
    }

    @Override
    public int read() {
        if (headerRead < header.length) {
            return header[headerRead++] & 0xff;
        }
        return payload.isReadable() ? payload.readUnsignedByte() : -1;
    }

    private static byte[] header(int length) {
        byte[] long5 = new byte[6];
        int n = 0;
        long5[n++] = FrameMarshaller.DATA_TAG;
        int left = length;
        while (left > 0x7f) {
            long5[n++] = (byte) (left | 0x80);
            left >>>= 7;
        }
        long5[n++] = (byte) left;
        return java.util.Arrays.copyOf(long5, n);
    }
}

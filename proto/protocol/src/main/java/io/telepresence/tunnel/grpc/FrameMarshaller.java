package io.telepresence.tunnel.grpc;

import io.grpc.Detachable;
import io.grpc.HasByteBuffer;
import io.grpc.MethodDescriptor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.telepresence.rpc.tunnel.Frame;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes and reads {@code telepresence.tunnel.Frame} exactly as protobuf does, but without copying payload: what is
 * received stays in the transport's own buffers until the owner releases it.
 */
final class FrameMarshaller implements MethodDescriptor.Marshaller<WireFrame> {
    /** Field 1 ({@code data}), wire type 2: the first byte of a data frame and of no other. */
    static final int DATA_TAG = 0x0A;

    @Override
    public InputStream stream(WireFrame frame) {
        return switch (frame) {
            case WireFrame.Data data -> new PayloadStream(data.bytes());
            case WireFrame.Control control -> control.frame().toByteString().newInput();
        };
    }

    @Override
    public WireFrame parse(InputStream stream) {
        try {
            if (stream.available() == 0) {
                return new WireFrame.Data(Unpooled.EMPTY_BUFFER);
            }
            return isData(stream) ? data(stream) : new WireFrame.Control(Frame.parseFrom(stream));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isData(InputStream stream) throws IOException {
        if (!stream.markSupported()) {
            return false;
        }
        stream.mark(1);
        int tag = stream.read();
        stream.reset();
        return tag == DATA_TAG;
    }

    private static WireFrame data(InputStream stream) throws IOException {
        if (stream instanceof Detachable detachable
                && stream instanceof HasByteBuffer buffers
                && buffers.byteBufferSupported()) {
            return new WireFrame.Data(borrowed(detachable.detach()));
        }
        int length = header(stream);
        return new WireFrame.Data(Unpooled.wrappedBuffer(stream.readNBytes(length)));
    }

    private static ByteBuf borrowed(InputStream own) throws IOException {
        int left = wholeHeader(own);
        if (left == 0) {
            own.close();
            return Unpooled.EMPTY_BUFFER;
        }
        List<ByteBuf> parts = new ArrayList<>(8);
        own.mark(left);
        while (left > 0) {
            ByteBuffer part = ((HasByteBuffer) own).getByteBuffer();
            if (part.remaining() > left) {
                part = part.slice(part.position(), left);
            }
            left -= part.remaining();
            parts.add(Unpooled.wrappedBuffer(part));
            own.skipNBytes(part.remaining());
        }
        return new BorrowedBuf(parts.toArray(ByteBuf[]::new), own);
    }

    /** Of a frame that is all there; else its buffers are given back. */
    private static int wholeHeader(InputStream own) throws IOException {
        try {
            int length = header(own);
            if (length < 0 || length > own.available()) {
                throw new IOException("a data frame of " + own.available() + " bytes says that it has " + length);
            }
            return length;
        } catch (IOException e) {
            own.close();
            throw e;
        }
    }

    /** Skips tag and length; returns the length. */
    private static int header(InputStream stream) throws IOException {
        stream.read();
        int length = 0;
        for (int shift = 0; shift < 32; shift += 7) {
            int b = stream.read();
            length |= (b & 0x7f) << shift;
            if ((b & 0x80) == 0) {
                return length;
            }
        }
        throw new IOException("length of a data frame is not a 32 bit varint");
    }
}

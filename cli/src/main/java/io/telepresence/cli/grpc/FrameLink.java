package io.telepresence.cli.grpc;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * Reads and writes HTTP/2 frames on a blocking socket. One thread uses it; {@link #close} may come from any thread and
 * makes the other fail.
 */
final class FrameLink implements AutoCloseable {
    /** Largest payload either side may send: we announce no other. */
    static final int MAX_PAYLOAD = 16384;

    private static final int HEADER = 9;

    private final SocketChannel socket;
    private final ByteBuffer in = ByteBuffer.allocate(64 * 1024).flip();
    private final ByteBuffer out = ByteBuffer.allocate(32 * 1024);

    FrameLink(SocketChannel socket) {
        this.socket = socket;
    }

    /** Puts bytes that are no frame (the preface) into the buffer of {@link #flush}. */
    void raw(byte[] bytes) throws IOException {
        room(bytes.length);
        out.put(bytes);
    }

    /** Buffers a frame; it goes out with {@link #flush}. */
    void write(int type, int flags, int stream, byte[] payload, int from, int length) throws IOException {
        room(HEADER + length);
        out.put((byte) (length >> 16))
                .putShort((short) length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload, from, length);
    }

    void write(int type, int flags, int stream, byte[] payload) throws IOException {
        write(type, flags, stream, payload, 0, payload.length);
    }

    void flush() throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            socket.write(out);
        }
        out.clear();
    }

    /** Waits for the next frame. */
    Frame read() throws IOException {
        need(HEADER);
        int length = (in.get() & 0xff) << 16 | in.getShort() & 0xffff;
        int type = in.get() & 0xff;
        int flags = in.get() & 0xff;
        int stream = in.getInt() & 0x7fffffff;
        if (length > MAX_PAYLOAD) {
            throw new CallFailed(CallFailed.INTERNAL, "the daemon sent a frame of " + length + " bytes");
        }
        need(length);
        byte[] payload = new byte[length];
        in.get(payload);
        return new Frame(type, flags, stream, payload);
    }

    private void need(int bytes) throws IOException {
        if (in.remaining() >= bytes) {
            return;
        }
        in.compact();
        while (in.position() < bytes) {
            if (socket.read(in) < 0) {
                throw new EOFException("the daemon closed the connection");
            }
        }
        in.flip();
    }

    private void room(int bytes) throws IOException {
        if (out.remaining() < bytes) {
            flush();
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // Nothing is lost: the call has its answer, or has failed already.
            return;
        }
    }
}

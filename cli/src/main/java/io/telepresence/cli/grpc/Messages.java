package io.telepresence.cli.grpc;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Cuts the bytes of DATA frames into gRPC messages: one byte compressed-flag, four bytes length, message. */
final class Messages {
    private static final int PREFIX = 5;

    private final GrpcCall.Answers answers;
    private final int largest;
    private ByteBuffer prefix = ByteBuffer.allocate(PREFIX);
    private ByteBuffer message;

    Messages(GrpcCall.Answers answers, int largest) {
        this.answers = answers;
        this.largest = largest;
    }

    void more(byte[] bytes, int from, int length) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(bytes, from, length);
        while (in.hasRemaining()) {
            fill(in, message == null ? prefix : message);
            if (message == null && !prefix.hasRemaining()) {
                begin();
            }
            if (message != null && !message.hasRemaining()) {
                byte[] whole = message.array();
                message = null;
                answers.next(whole);
            }
        }
    }

    /** The stream is over: nothing may be left half. */
    void end() throws CallFailed {
        if (message != null || prefix.position() > 0) {
            throw new CallFailed(CallFailed.INTERNAL, "the daemon's answer is cut short");
        }
    }

    private void begin() throws CallFailed {
        if (prefix.get(0) != 0) {
            throw new CallFailed(CallFailed.INTERNAL, "the daemon sent a compressed message");
        }
        int length = prefix.getInt(1);
        if (length < 0 || length > largest) {
            throw new CallFailed(CallFailed.INTERNAL, "the daemon sent a message of " + length + " bytes");
        }
        message = ByteBuffer.allocate(length);
        prefix = ByteBuffer.allocate(PREFIX);
    }

    private static void fill(ByteBuffer from, ByteBuffer into) {
        int size = Math.min(from.remaining(), into.remaining());
        into.put(into.position(), from, from.position(), size);
        into.position(into.position() + size);
        from.position(from.position() + size);
    }
}

package io.telepresence.agent.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.function.Predicate;

/** A caller that writes frames as it likes, right or wrong, and looks at those that come back. */
final class RawCaller implements AutoCloseable {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int PRIORITY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PUSH_PROMISE = 5;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int NO_ERROR = 0;
    static final int PROTOCOL_ERROR = 1;
    static final int FLOW_CONTROL_ERROR = 3;
    static final int STREAM_CLOSED = 5;
    static final int FRAME_SIZE_ERROR = 6;
    static final int REFUSED_STREAM = 7;
    static final int COMPRESSION_ERROR = 9;

    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;
    static final int PADDED = 8;
    static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private final Socket socket;
    private final DataInputStream in;

    /** What came. */
    record Frame(int type, int flags, int stream, byte[] payload) {
        int number() {
            return ByteBuffer.wrap(payload).getInt(type == GOAWAY ? 4 : 0);
        }

        boolean is(int wanted, int on) {
            return type == wanted && stream == on;
        }

        @Override
        public String toString() {
            return "type " + type + " flags " + flags + " stream " + stream + ": "
                    + HexFormat.of().formatHex(payload);
        }
    }

    private RawCaller(int port) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(10_000);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
    }

    /** Nothing has been said yet. */
    static RawCaller silent(int port) throws IOException {
        return new RawCaller(port);
    }

    /** Has said the preface and empty settings. */
    static RawCaller open(int port) throws IOException {
        RawCaller caller = new RawCaller(port);
        caller.say(PREFACE);
        caller.frame(SETTINGS, 0, 0);
        return caller;
    }

    void say(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    RawCaller frame(int type, int flags, int stream, byte... payload) throws IOException {
        return header(payload.length, type, flags, stream, payload);
    }

    /** Says another length than it has. */
    RawCaller header(int length, int type, int flags, int stream, byte... payload) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
        frame.putShort((short) (length >> 8))
                .put((byte) length)
                .put((byte) type)
                .put((byte) flags);
        frame.putInt(stream).put(payload);
        try {
            socket.getOutputStream().write(frame.array());
        } catch (SocketException e) {
            // It has been closed already, which the reading side shows.
        }
        return this;
    }

    /** A whole request without a body. */
    RawCaller get(int stream, String... more) throws IOException {
        return frame(HEADERS, END_STREAM | END_HEADERS, stream, request("GET", more));
    }

    /** The head of a request whose body follows. */
    RawCaller post(int stream, String... more) throws IOException {
        return frame(HEADERS, END_HEADERS, stream, request("POST", more));
    }

    static byte[] request(String method, String... more) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.writeBytes(fields(":method", method, ":scheme", "http", ":path", "/a", ":authority", "api"));
        block.writeBytes(fields(more));
        return block.toByteArray();
    }

    /** Names and values, as literals that are not indexed (RFC 7541, section 6.2.2). */
    static byte[] fields(String... namesAndValues) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            block.write(0);
            text(block, namesAndValues[i]);
            text(block, namesAndValues[i + 1]);
        }
        return block.toByteArray();
    }

    private static void text(ByteArrayOutputStream block, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        int length = bytes.length;
        if (length < 127) {
            block.write(length);
        } else {
            block.write(127);
            for (length -= 127; length >= 128; length >>= 7) {
                block.write(length & 127 | 128);
            }
            block.write(length);
        }
        block.writeBytes(bytes);
    }

    static byte[] number(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    static byte[] setting(int id, int value) {
        return ByteBuffer.allocate(6).putShort((short) id).putInt(value).array();
    }

    /** The next frame; null: the connection has ended. */
    Frame next() throws IOException {
        try {
            int first = in.readInt();
            int flags = in.readUnsignedByte();
            int stream = in.readInt();
            return new Frame(first & 0xff, flags, stream, in.readNBytes(first >>> 8));
        } catch (EOFException | SocketException e) {
            return null;
        }
    }

    /** The next frame that fits; fails if the connection ends before. */
    Frame await(Predicate<Frame> wanted) throws IOException {
        StringBuilder others = new StringBuilder();
        for (Frame frame = next(); frame != null; frame = next()) {
            if (wanted.test(frame)) {
                return frame;
            }
            others.append(frame).append('\n');
        }
        return fail("the connection ended after\n" + others);
    }

    /** The answer to that request begins. */
    void awaitAnswer(int stream) throws IOException {
        await(f -> f.is(HEADERS, stream));
    }

    /** The whole connection is at fault: GOAWAY says why, and then it ends. */
    void awaitConnectionError(int... codes) throws IOException {
        Frame goAway = await(f -> f.type() == GOAWAY && f.number() != NO_ERROR);
        assertCode(goAway, codes);
        for (Frame frame = next(); frame != null; frame = next()) {
            assertEquals(0, frame.stream(), () -> "after GOAWAY came something of a stream");
        }
    }

    /** Only that stream is at fault, and others go on. */
    void awaitStreamError(int stream, int... codes) throws IOException {
        assertCode(await(f -> f.is(RST_STREAM, stream) || f.type() == GOAWAY || f.is(HEADERS, stream)), codes);
        get(stream + 100).awaitAnswer(stream + 100);
    }

    private static void assertCode(Frame frame, int... codes) {
        for (int code : codes) {
            if (frame.number() == code) {
                return;
            }
        }
        fail("another code than expected: " + frame);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

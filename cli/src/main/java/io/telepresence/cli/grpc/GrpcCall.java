package io.telepresence.cli.grpc;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * One gRPC call on a connection of its own: one request, any number of answers. Used by one thread. {@link #cancel} may
 * come from any thread and makes the call fail.
 */
public final class GrpcCall {
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    /** HEADER_TABLE_SIZE 0, ENABLE_PUSH 0, INITIAL_WINDOW_SIZE 1 MiB. */
    private static final byte[] SETTINGS = HexFormat.of().parseHex("000100000000" + "000200000000" + "000400100000");

    private static final int WINDOW = 1 << 20;
    private static final int FIRST_WINDOW = 65535;
    private static final int MAX_MESSAGE = 64 << 20;
    private static final int STREAM = 1;

    /** Gets each answer in turn, on the calling thread. */
    @FunctionalInterface
    public interface Answers {
        void next(byte[] message) throws IOException;
    }

    private final FrameLink link;
    private final Sending sending = new Sending();
    private final Messages messages;
    private int unacknowledged;
    private volatile boolean late;

    private GrpcCall(FrameLink link, Answers answers) {
        this.link = link;
        this.messages = new Messages(answers, MAX_MESSAGE);
    }

    /**
     * Calls {@code method} ("package.Service/Method") and returns when the server has ended the call.
     *
     * @param deadline for the whole call; zero: none
     * @throws java.net.ConnectException nobody listens there
     * @throws CallFailed the call ended with a status other than OK
     */
    public static void run(GrpcEndpoint target, String method, byte[] request, Duration deadline, Answers answers)
            throws IOException {
        try (SocketChannel channel = target.connect()) {
            GrpcCall call = new GrpcCall(new FrameLink(channel), answers);
            Thread watch = deadline.isZero() ? null : call.watch(deadline);
            try {
                call.run(method, request, target.authorization());
            } catch (ClosedChannelException e) {
                throw call.late
                        ? new CallFailed(
                                CallFailed.DEADLINE_EXCEEDED, "no answer within " + deadline.toSeconds() + " s")
                        : new CallFailed(CallFailed.UNAVAILABLE, "the call was cancelled", e);
            } catch (CallFailed e) {
                throw e;
            } catch (IOException e) {
                throw new CallFailed(CallFailed.UNAVAILABLE, "the daemon ended the call: " + e.getMessage(), e);
            } finally {
                if (watch != null) {
                    watch.interrupt();
                }
            }
        }
    }

    private Thread watch(Duration deadline) {
        return Thread.ofPlatform().daemon().name("deadline").start(() -> {
            try {
                Thread.sleep(deadline);
                late = true;
                link.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void run(String method, byte[] request, String authorization) throws IOException {
        link.raw(PREFACE);
        link.write(Frame.SETTINGS, 0, 0, SETTINGS);
        grant(0, WINDOW - FIRST_WINDOW);
        link.write(Frame.HEADERS, Frame.END_HEADERS, STREAM, headers(method, authorization));
        send(framed(request));
        link.flush();
        boolean ended = false;
        while (!ended) {
            ended = handle(link.read());
        }
    }

    private static byte[] headers(String method, String authorization) {
        List<String> pairs = new ArrayList<>(List.of(
                ":method",
                "POST",
                ":scheme",
                "http",
                ":path",
                "/" + method,
                ":authority",
                "localhost",
                "content-type",
                "application/grpc",
                "te",
                "trailers"));
        if (!authorization.isEmpty()) {
            pairs.addAll(List.of("authorization", authorization));
        }
        return Headers.encode(pairs.toArray(String[]::new));
    }

    private static byte[] framed(byte[] message) {
        return ByteBuffer.allocate(5 + message.length)
                .put((byte) 0)
                .putInt(message.length)
                .put(message)
                .array();
    }

    /** Sends the request as the server's windows allow it. */
    private void send(byte[] body) throws IOException {
        int sent = 0;
        while (sent < body.length) {
            int size = Math.min(Math.min(body.length - sent, FrameLink.MAX_PAYLOAD), sending.room());
            if (size == 0) {
                link.flush();
                if (handle(link.read())) {
                    return;
                }
            } else {
                boolean last = sent + size == body.length;
                link.write(Frame.DATA, last ? Frame.END_STREAM : 0, STREAM, body, sent, size);
                sending.sent(size);
                sent += size;
            }
        }
    }

    /** Whether the call has ended well with this frame. */
    private boolean handle(Frame frame) throws IOException {
        switch (frame.type()) {
            case Frame.SETTINGS -> settings(frame);
            case Frame.PING -> {
                if (!frame.has(Frame.ACK)) {
                    link.write(Frame.PING, Frame.ACK, 0, frame.payload());
                    link.flush();
                }
            }
            case Frame.WINDOW_UPDATE -> sending.granted(frame.stream(), frame.number(0) & 0x7fffffff);
            case Frame.DATA -> data(frame);
            case Frame.HEADERS -> {
                return headers(frame);
            }
            case Frame.RST_STREAM ->
                throw new CallFailed(
                        CallFailed.UNAVAILABLE, "the daemon reset the call (code " + frame.number(0) + ")");
            case Frame.GOAWAY -> {
                if (frame.number(0) < STREAM) {
                    throw new CallFailed(CallFailed.UNAVAILABLE, "the daemon is going away");
                }
            }
            default -> {
                return false;
            }
        }
        return false;
    }

    private void settings(Frame frame) throws IOException {
        if (frame.has(Frame.ACK)) {
            return;
        }
        ByteBuffer settings = ByteBuffer.wrap(frame.payload());
        while (settings.remaining() >= 6) {
            int id = settings.getShort();
            int value = settings.getInt();
            if (id == 4) {
                sending.initialWindow(value);
            }
        }
        link.write(Frame.SETTINGS, Frame.ACK, 0, new byte[0]);
        link.flush();
    }

    private void data(Frame frame) throws IOException {
        byte[] payload = frame.payload();
        int padding = frame.has(Frame.PADDED) ? payload[0] & 0xff : 0;
        int from = frame.has(Frame.PADDED) ? 1 : 0;
        messages.more(payload, from, payload.length - from - padding);
        unacknowledged += payload.length;
        if (unacknowledged > WINDOW / 2) {
            grant(0, unacknowledged);
            grant(STREAM, unacknowledged);
            link.flush();
            unacknowledged = 0;
        }
    }

    private void grant(int stream, int bytes) throws IOException {
        link.write(
                Frame.WINDOW_UPDATE,
                0,
                stream,
                ByteBuffer.allocate(4).putInt(bytes).array());
    }

    private boolean headers(Frame first) throws IOException {
        byte[] payload = first.payload();
        int from = (first.has(Frame.PADDED) ? 1 : 0) + (first.has(Frame.PRIORITY) ? 5 : 0);
        int padding = first.has(Frame.PADDED) ? payload[0] & 0xff : 0;
        ByteArrayOutputStream block = new ByteArrayOutputStream(payload.length);
        block.write(payload, from, payload.length - from - padding);
        Frame last = first;
        while (!last.has(Frame.END_HEADERS)) {
            last = link.read();
            if (last.type() != Frame.CONTINUATION) {
                throw new CallFailed(CallFailed.INTERNAL, "the daemon's headers are cut short");
            }
            block.writeBytes(last.payload());
        }
        Map<String, String> headers = Headers.decode(block.toByteArray());
        if (first.has(Frame.END_STREAM)) {
            Trailers.check(headers);
            messages.end();
            return true;
        }
        Trailers.checkStart(headers);
        return false;
    }
}

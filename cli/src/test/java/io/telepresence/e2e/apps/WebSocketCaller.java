package io.telepresence.e2e.apps;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Every kind of WebSocket message to an echo: {@code WebSocketCaller URL [HEADER VALUE]}. Prints a line for each that
 * came back as it went, the first with the name of the place that answered.
 */
public final class WebSocketCaller implements WebSocket.Listener {
    /** Both sides of where the frame's length needs more bytes, and what no buffer takes at once. */
    private static final int[] SIZES = {0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20, 5 << 20};

    private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

    private WebSocketCaller() {}

    public static void main(String[] arguments) throws Exception {
        URI url = URI.create(arguments[0]);
        String[] header = Arrays.copyOfRange(arguments, 1, arguments.length);
        try (HttpClient client = HttpClient.newHttpClient()) {
            WebSocketCaller caller = new WebSocketCaller();
            WebSocket socket = caller.open(client, url, header);
            System.out.println("open " + caller.next());
            caller.texts(socket);
            caller.binaries(socket);
            caller.fragments(socket);
            caller.pings(socket);
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "done").join();
            System.out.println("closed " + caller.next());
            for (int code : new int[] {1001, 1008, 1011, 3000, 4999}) {
                WebSocketCaller other = new WebSocketCaller();
                WebSocket closing = other.open(client, url, header);
                other.next();
                closing.sendClose(code, "because").join();
                expect(code + " because", other.next());
            }
            System.out.println("codes");
            WebSocketCaller last = new WebSocketCaller();
            WebSocket broken = last.open(client, url, header);
            last.next();
            broken.abort();
            System.out.println("aborted");
        }
    }

    private WebSocket open(HttpClient client, URI url, String... header) {
        WebSocket.Builder builder = client.newWebSocketBuilder();
        if (header.length == 2) {
            builder.header(header[0], header[1]);
        }
        return builder.buildAsync(url, this).join();
    }

    private void texts(WebSocket socket) throws Exception {
        for (int size : SIZES) {
            String said = "é".repeat(size / 2) + "x".repeat(size % 2);
            socket.sendText(said, true).join();
            expect(said, next());
        }
        System.out.println("texts");
    }

    private void binaries(WebSocket socket) throws Exception {
        for (int size : SIZES) {
            byte[] said = new byte[size];
            new Random(size).nextBytes(said);
            socket.sendBinary(ByteBuffer.wrap(said), true).join();
            expect(ByteBuffer.wrap(said), next());
        }
        System.out.println("binaries");
    }

    private void fragments(WebSocket socket) throws Exception {
        StringBuilder said = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            String part = "part " + i + (i % 7 == 0 ? "x".repeat(3_000) : "") + " ";
            said.append(part);
            socket.sendText(part, i == 49).join();
            if (i == 25) {
                // A control frame may come between the fragments of a message.
                socket.sendPing(StandardCharsets.UTF_8.encode("amid")).join();
            }
        }
        expect("pong amid", next());
        expect(said.toString(), next());
        socket.sendBinary(ByteBuffer.wrap(new byte[] {1}), false).join();
        socket.sendBinary(ByteBuffer.wrap(new byte[0]), false).join();
        socket.sendBinary(ByteBuffer.wrap(new byte[] {2}), true).join();
        expect(ByteBuffer.wrap(new byte[] {1, 2}), next());
        System.out.println("fragments");
    }

    private void pings(WebSocket socket) throws Exception {
        for (String said : new String[] {"", "p", "p".repeat(125)}) {
            socket.sendPing(StandardCharsets.UTF_8.encode(said)).join();
            expect("pong " + said, next());
        }
        // Nobody answers this one; the next text shows that it did no harm.
        socket.sendPong(StandardCharsets.UTF_8.encode("unasked")).join();
        socket.sendText("after", true).join();
        expect("after", next());
        System.out.println("pings");
    }

    private static void expect(Object said, Object heard) {
        if (!said.equals(heard)) {
            String text = String.valueOf(heard);
            throw new IllegalStateException(
                    "expected what was said, not " + text.substring(0, Math.min(60, text.length())));
        }
    }

    private Object next() throws InterruptedException {
        Object next = heard.poll(20, TimeUnit.SECONDS);
        if (next == null) {
            throw new IllegalStateException("nothing for 20 seconds");
        }
        return next;
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        text.append(data);
        if (last) {
            heard.add(text.toString());
            text.setLength(0);
        }
        socket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        binary.writeBytes(bytes);
        if (last) {
            heard.add(ByteBuffer.wrap(binary.toByteArray()));
            binary.reset();
        }
        socket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onPong(WebSocket socket, ByteBuffer data) {
        heard.add("pong " + StandardCharsets.UTF_8.decode(data));
        socket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        heard.add(code + " " + reason);
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
        heard.add(error.toString());
    }
}

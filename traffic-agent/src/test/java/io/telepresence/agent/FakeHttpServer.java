package io.telepresence.agent;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A small HTTP/1.1 server with a name, as an app or on a laptop. Answers with its name and what it got; the path says
 * how. Keeps the heads that it read, as they came.
 */
final class FakeHttpServer implements AutoCloseable {
    final List<String> heads = new CopyOnWriteArrayList<>();
    final List<String> bodies = new CopyOnWriteArrayList<>();
    final List<Socket> accepted = new CopyOnWriteArrayList<>();
    final AtomicLong sent = new AtomicLong();
    private volatile long lastSentNanos;
    final AtomicInteger ended = new AtomicInteger();
    private final ServerSocket server = new ServerSocket();
    private final String name;
    private final Thread accepting;

    FakeHttpServer(String name) throws IOException {
        this.name = name;
        server.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 512);
        accepting = Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                socket.setTcpNoDelay(true);
                accepted.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (String head = head(in); !head.isEmpty(); head = head(in)) {
                heads.add(head);
                if (!answer(head, in, socket.getOutputStream())) {
                    break;
                }
            }
            ended.incrementAndGet();
        } catch (IOException e) {
            ended.incrementAndGet();
        }
    }

    private boolean answer(String head, InputStream in, OutputStream out) throws IOException {
        String path = head.split(" ")[1];
        String lower = head.toLowerCase(Locale.ROOT);
        if (lower.contains("expect: 100-continue")) {
            write(out, "HTTP/1.1 100 Continue\r\n\r\n");
        }
        if (path.startsWith("/upgrade")) {
            write(
                    out,
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n" + name + "\n");
            in.transferTo(out);
            return false;
        }
        long length = body(lower, in);
        String text = name + " " + path + " " + length;
        boolean head304 = head.startsWith("HEAD") || path.startsWith("/304") || path.startsWith("/204");
        String status =
                path.startsWith("/304") ? "304 Not Modified" : path.startsWith("/204") ? "204 No Content" : "200 OK";
        if (path.startsWith("/until-close")) {
            write(out, "HTTP/1.1 200 OK\r\n\r\n" + text);
            return false;
        } else if (path.startsWith("/close")) {
            write(out, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + text.length() + "\r\n\r\n" + text);
            return false;
        } else if (path.startsWith("/chunked")) {
            write(
                    out,
                    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            write(out, Integer.toHexString(text.length()) + ";a=b\r\n" + text + "\r\n");
            write(out, "0\r\nX-Trailer: t\r\n\r\n");
        } else if (path.startsWith("/two-lengths")) {
            write(out, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
        } else if (head304) {
            write(
                    out,
                    "HTTP/1.1 " + status + "\r\nX-Place: " + name
                            + (head.startsWith("HEAD") ? "\r\nContent-Length: 5" : "") + "\r\n\r\n");
        } else if (path.startsWith("/dripping/")) {
            String padding = "x".repeat(Integer.parseInt(path.substring(10)));
            drip(out, "HTTP/1.1 200 OK\r\nX-Padding: " + padding + "\r\nContent-Length: 2\r\n\r\nok");
        } else if (path.startsWith("/big/")) {
            big(out, Long.parseLong(path.substring(5)));
        } else {
            write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text);
        }
        return !lower.contains("connection: close");
    }

    /** Whether nothing more of a large response is taken. */
    boolean isStuck() {
        long last = lastSentNanos;
        return last != 0 && System.nanoTime() - last > 500_000_000L;
    }

    private void big(OutputStream out, long length) throws IOException {
        sent.set(0);
        write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n");
        byte[] block = new byte[64 << 10];
        for (long left = length; left > 0; left -= block.length) {
            lastSentNanos = System.nanoTime();
            out.write(block, 0, (int) Math.min(left, block.length));
            sent.addAndGet(block.length);
        }
    }

    /** Reads the body; keeps it if it is small. Returns its length without framing. */
    private long body(String lower, InputStream in) throws IOException {
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        long total = 0;
        int at = lower.indexOf("content-length: ");
        if (lower.contains("transfer-encoding: chunked")) {
            for (int size = size(in, kept); size > 0; size = size(in, kept)) {
                kept.write(in.readNBytes(size + 2));
                total += size;
            }
            kept.write(head(in).getBytes(StandardCharsets.ISO_8859_1));
        } else if (at >= 0) {
            total = Long.parseLong(lower.substring(at + 16, lower.indexOf('\r', at)));
            if (total > 1 << 20) {
                skip(in, total);
            } else {
                kept.write(in.readNBytes((int) total));
            }
        }
        bodies.add(kept.toString(StandardCharsets.ISO_8859_1));
        return total;
    }

    private static void skip(InputStream in, long length) throws IOException {
        byte[] block = new byte[64 << 10];
        for (long left = length; left > 0; ) {
            int n = in.read(block, 0, (int) Math.min(left, block.length));
            if (n < 0) {
                throw new EOFException();
            }
            left -= n;
        }
    }

    private static int size(InputStream in, ByteArrayOutputStream kept) throws IOException {
        String line = line(in);
        kept.write(line.getBytes(StandardCharsets.ISO_8859_1));
        int size = Integer.parseInt(line.strip().split(";")[0], 16);
        return size;
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b >= 0; b = in.read()) {
            line.append((char) b);
            if (b == '\n') {
                break;
            }
        }
        return line.toString();
    }

    /** Up to and with the empty line; empty: there is no more. */
    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            head.append(line);
            if (line.equals("\r\n") || line.equals("\n")) {
                break;
            }
        }
        return head.toString();
    }

    private static void drip(OutputStream out, String text) throws IOException {
        for (byte b : text.getBytes(StandardCharsets.ISO_8859_1)) {
            out.write(b);
        }
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void close() throws IOException, InterruptedException {
        server.close();
        accepting.join();
        for (Socket socket : accepted) {
            socket.close();
        }
    }
}

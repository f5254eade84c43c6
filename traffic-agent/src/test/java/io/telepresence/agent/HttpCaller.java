package io.telepresence.agent;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A caller that speaks HTTP/1.1 byte by byte over one connection. */
final class HttpCaller implements AutoCloseable {
    final Socket socket;
    final InputStream in;

    HttpCaller(InetSocketAddress agent) throws IOException {
        socket = new Socket("127.0.0.1", agent.getPort());
        socket.setSoTimeout(15_000);
        in = new BufferedInputStream(socket.getInputStream(), 64 << 10);
    }

    HttpCaller send(String bytes) throws IOException {
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /** A GET that ann's filter wants, or not. */
    HttpCaller get(String path, boolean ann) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nHost: api\r\n" + (ann ? "x-User: ann\r\n" : "") + "\r\n");
    }

    /** The next final response, as its bytes were; only a Content-Length or chunks tell its end. */
    String response() throws IOException {
        String head = head();
        while (head.startsWith("HTTP/1.1 1") && !head.startsWith("HTTP/1.1 101")) {
            head = head();
        }
        String lower = head.toLowerCase(Locale.ROOT);
        int length = lower.indexOf("content-length: ");
        if (length >= 0) {
            int n = Integer.parseInt(lower.substring(length + 16, lower.indexOf('\r', length)));
            return head + text(in.readNBytes(n));
        }
        if (lower.contains("transfer-encoding: chunked")) {
            StringBuilder body = new StringBuilder();
            String line = line();
            for (; !line.startsWith("0"); line = line()) {
                body.append(line).append(text(in.readNBytes(Integer.parseInt(line.split("[;\r]")[0], 16) + 2)));
            }
            return head + body + line + head();
        }
        return head;
    }

    /** Only the body of the next response. */
    String body() throws IOException {
        String response = response();
        return response.substring(response.indexOf("\r\n\r\n") + 4);
    }

    String head() throws IOException {
        StringBuilder head = new StringBuilder();
        for (String line = line(); ; line = line()) {
            head.append(line);
            if (line.equals("\r\n")) {
                return head.toString();
            }
        }
    }

    String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); ; b = in.read()) {
            if (b < 0) {
                throw new IOException("ended after: " + line);
            }
            line.append((char) b);
            if (b == '\n') {
                return line.toString();
            }
        }
    }

    String rest() throws IOException {
        return text(in.readAllBytes());
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

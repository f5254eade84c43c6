package io.telepresence.userd.apiserver;

import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A proxy for CONNECT on the loopback, with TLS or without, that leads every caller to the same port of the loopback. */
final class FakeProxy implements AutoCloseable {
    /** First line of each request. */
    final BlockingQueue<String> asked = new LinkedBlockingQueue<>();

    private final ServerSocket server;
    private final int to;

    /** @param tls null: none */
    FakeProxy(SslContext tls, int to) throws IOException {
        this.to = to;
        this.server = tls == null
                ? new ServerSocket(0, 5, InetAddress.getLoopbackAddress())
                : ((JdkSslContext) tls)
                        .context()
                        .getServerSocketFactory()
                        .createServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Thread.startVirtualThread(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket caller = server.accept();
                Thread.startVirtualThread(() -> serve(caller));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket caller) {
        try (caller;
                Socket target = new Socket(InetAddress.getLoopbackAddress(), to)) {
            BufferedReader head =
                    new BufferedReader(new InputStreamReader(caller.getInputStream(), StandardCharsets.US_ASCII), 1);
            asked.add(head.readLine());
            while (!head.readLine().isEmpty()) {}
            caller.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            Thread.startVirtualThread(() -> copy(target, caller));
            copy(caller, target);
        } catch (IOException | NullPointerException e) {
            // The caller has gone, as callers do when they do not trust.
        }
    }

    private static void copy(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            in.transferTo(out);
            to.close();
        } catch (IOException e) {
            // One of them has gone.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}

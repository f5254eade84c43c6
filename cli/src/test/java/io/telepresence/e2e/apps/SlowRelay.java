package io.telepresence.e2e.apps;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A busy server in front of another: {@code SlowRelay PORT HOST PORT MILLIS} takes each connection at once, and lets its
 * first byte through only after that time.
 */
public final class SlowRelay {
    private SlowRelay() {}

    public static void main(String[] arguments) throws IOException {
        String host = arguments[1];
        int port = Integer.parseInt(arguments[2]);
        long millis = Long.parseLong(arguments[3]);
        ScheduledExecutorService later = Executors.newScheduledThreadPool(1);
        try (ServerSocket server =
                new ServerSocket(Integer.parseInt(arguments[0]), 100, InetAddress.getByName("127.0.0.1"))) {
            while (true) {
                Socket client = server.accept();
                later.schedule(() -> join(client, host, port), millis, TimeUnit.MILLISECONDS);
            }
        }
    }

    private static void join(Socket client, String host, int port) {
        try {
            Socket real = new Socket(host, port);
            Thread.ofVirtual().start(() -> copy(client, real));
            Thread.ofVirtual().start(() -> copy(real, client));
        } catch (IOException e) {
            close(client);
        }
    }

    private static void copy(Socket from, Socket to) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            in.transferTo(out);
        } catch (IOException e) {
            close(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            System.err.println(e);
        }
    }
}

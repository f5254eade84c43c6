package io.telepresence.path;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A program that listens: answers every HTTP request with its name and the path, or echoes bytes. */
final class Program implements AutoCloseable {
    private final ServerSocket server = new ServerSocket();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Set<String> answered = ConcurrentHashMap.newKeySet();

    private interface Work {
        void serve(Socket socket) throws IOException;
    }

    private Program(InetAddress at, int port) throws IOException {
        server.bind(new InetSocketAddress(at, port));
    }

    static Program http(String name, InetAddress at, int port) throws IOException {
        Program program = new Program(at, port);
        return program.start(socket -> program.answer(name, socket));
    }

    /** Sends back what it gets, and ends when the caller does. */
    static Program echo(InetAddress at, int port) throws IOException {
        return new Program(at, port).start(socket -> socket.getInputStream().transferTo(socket.getOutputStream()));
    }

    /** Whether somebody has asked for that path. */
    boolean answered(String path) {
        return answered.contains(path);
    }

    int port() {
        return server.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
    }

    private Program start(Work work) {
        Thread.ofVirtual().start(() -> accept(work));
        return this;
    }

    private void accept(Work work) {
        try {
            while (true) {
                Socket socket = server.accept();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(work, socket));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Work work, Socket socket) {
        try (socket) {
            work.serve(socket);
        } catch (IOException e) {
            // The caller has gone.
        } finally {
            open.remove(socket);
        }
    }

    private void answer(String name, Socket socket) throws IOException {
        var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String path = line.split(" ")[1];
            String body = name + " " + path;
            while (!line.isEmpty()) {
                line = in.readLine();
            }
            String response = "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
            socket.getOutputStream().write(response.getBytes(StandardCharsets.US_ASCII));
            answered.add(path);
        }
    }
}

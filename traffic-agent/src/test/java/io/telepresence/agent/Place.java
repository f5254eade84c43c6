package io.telepresence.agent;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * A TCP server with a name, as an app or as a program on a laptop: says its name and a newline to every caller, then
 * echoes until the caller ends, then says "bye" and ends too. Or just keeps what it accepts, when it is passive.
 */
final class Place implements AutoCloseable {
    final List<Socket> accepted = new CopyOnWriteArrayList<>();
    private final ServerSocket server = new ServerSocket();
    private final String name;
    private Thread accepting;

    private Place(String name, InetAddress at, int port) throws IOException {
        this.name = name;
        server.bind(new InetSocketAddress(at, port), 2048);
    }

    static Place echo(String name) throws IOException {
        return echo(name, InetAddress.getByName("127.0.0.1"), 0);
    }

    static Place echo(String name, InetAddress at, int port) throws IOException {
        Place place = new Place(name, at, port);
        place.accept(socket -> Thread.ofVirtual().start(() -> place.serve(socket)));
        return place;
    }

    static Place passive(String name) throws IOException {
        Place place = new Place(name, InetAddress.getByName("127.0.0.1"), 0);
        place.accept(socket -> {});
        return place;
    }

    int port() {
        return server.getLocalPort();
    }

    Socket onlyOne() {
        Until.holds("one connection at " + name, () -> accepted.size() == 1);
        return accepted.getFirst();
    }

    private void accept(Consumer<Socket> then) {
        accepting = Thread.ofVirtual().name(name).start(() -> {
            try {
                while (true) {
                    Socket socket = server.accept();
                    accepted.add(socket);
                    then.accept(socket);
                }
            } catch (IOException e) {
                // Closed.
            }
        });
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.getOutputStream().write((name + "\n").getBytes());
            socket.getInputStream().transferTo(socket.getOutputStream());
            socket.getOutputStream().write("bye".getBytes());
        } catch (IOException e) {
            // The caller has reset the connection.
        }
    }

    /** As a program does that ends when all its callers have gone. */
    void stopAccepting() throws IOException, InterruptedException {
        server.close();
        // Only then the kernel refuses callers.
        accepting.join();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        stopAccepting();
        for (Socket socket : accepted) {
            socket.close();
        }
    }
}

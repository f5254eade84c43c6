package io.telepresence.rootd.bench;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;

/** Echoes TCP and UDP on port 7777 of every address; a connection that starts with a lonely 'R' is reset. */
public final class EchoServer {
    static final int PORT = 7777;

    private EchoServer() {}

    public static void main(String[] args) throws IOException {
        Thread.ofPlatform().daemon().start(EchoServer::datagrams);
        try (var server = new ServerSocket(PORT, 4096)) {
            System.out.println("ready");
            while (true) {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> echo(socket));
            }
        }
    }

    private static void echo(Socket socket) {
        try (socket) {
            var in = socket.getInputStream();
            var out = socket.getOutputStream();
            byte[] buffer = new byte[65_536];
            int n = in.read(buffer);
            if (n == 1 && buffer[0] == 'R') {
                socket.setSoLinger(true, 0);
                return;
            }
            for (; n >= 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            System.err.println("echo: " + e.getMessage());
        }
    }

    private static void datagrams() {
        try (var socket = new DatagramSocket(PORT)) {
            var packet = new DatagramPacket(new byte[65_535], 65_535);
            while (true) {
                packet.setLength(65_535);
                socket.receive(packet);
                socket.send(packet);
            }
        } catch (IOException e) {
            System.err.println("datagrams: " + e.getMessage());
        }
    }
}

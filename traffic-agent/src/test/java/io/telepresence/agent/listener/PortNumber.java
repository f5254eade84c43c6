package io.telepresence.agent.listener;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** {@code serve PORT}: tells its port over TCP and UDP; {@code TCP|UDP ADDRESS PORT}: asks who is behind it. */
final class PortNumber {
    private PortNumber() {}

    public static void main(String[] arguments) throws IOException {
        switch (arguments[0]) {
            case "serve" -> serve(Integer.parseInt(arguments[1]));
            case "TCP" -> tcp(InetAddress.getByName(arguments[1]), Integer.parseInt(arguments[2]));
            default -> udp(InetAddress.getByName(arguments[1]), Integer.parseInt(arguments[2]));
        }
    }

    private static void serve(int port) throws IOException {
        byte[] number = String.valueOf(port).getBytes();
        try (ServerSocket server = new ServerSocket(port);
                DatagramSocket datagrams = new DatagramSocket(port)) {
            System.out.println('+');
            Thread.ofPlatform().daemon().start(() -> answer(datagrams, number));
            while (true) {
                try (Socket socket = server.accept()) {
                    socket.getOutputStream().write(number);
                }
            }
        }
    }

    private static void answer(DatagramSocket datagrams, byte[] number) {
        DatagramPacket packet = new DatagramPacket(new byte[100], 100);
        try {
            while (true) {
                datagrams.receive(packet);
                datagrams.send(new DatagramPacket(number, number.length, packet.getSocketAddress()));
            }
        } catch (IOException e) {
            System.err.println(e);
        }
    }

    private static void tcp(InetAddress address, int port) throws IOException {
        try (Socket socket = new Socket(address, port)) {
            System.out.print(new String(socket.getInputStream().readAllBytes()));
        }
    }

    private static void udp(InetAddress address, int port) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(5_000);
            // Connected: an answer from another port or address would be refused.
            socket.connect(address, port);
            socket.send(new DatagramPacket(new byte[] {'?'}, 1));
            DatagramPacket answer = new DatagramPacket(new byte[100], 100);
            socket.receive(answer);
            System.out.print(new String(answer.getData(), 0, answer.getLength()));
        }
    }
}

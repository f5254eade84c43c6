package io.telepresence.e2e.apps;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;

/** Answers each datagram with a name before it: {@code UdpEcho PORT NAME}, on loopback. */
public final class UdpEcho {
    private UdpEcho() {}

    public static void main(String[] arguments) throws IOException {
        byte[] name = (arguments[1] + " ").getBytes(StandardCharsets.US_ASCII);
        try (DatagramSocket socket =
                new DatagramSocket(Integer.parseInt(arguments[0]), InetAddress.getByName("127.0.0.1"))) {
            byte[] buffer = new byte[name.length + 65_000];
            System.arraycopy(name, 0, buffer, 0, name.length);
            while (true) {
                DatagramPacket packet = new DatagramPacket(buffer, name.length, buffer.length - name.length);
                socket.receive(packet);
                socket.send(new DatagramPacket(buffer, 0, name.length + packet.getLength(), packet.getSocketAddress()));
            }
        }
    }
}

package io.telepresence.agent.drain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real sockets of this machine. */
@Timeout(30)
class AppSocketsTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private final AppSockets sockets = new AppSockets(LOOPBACK);

    private static Port tcp(int number) {
        return new Port(Transport.TCP, number);
    }

    private static Port udp(int number) {
        return new Port(Transport.UDP, number);
    }

    private static ServerSocket listen(String address) throws Exception {
        ServerSocket server = new ServerSocket();
        server.bind(new InetSocketAddress(address, 0));
        return server;
    }

    @Test
    void listeningIsSeenOnEveryAddressAndNotAfterwards() throws Exception {
        for (String address : List.of("127.0.0.1", "0.0.0.0", "::1", "::")) {
            Port port;
            try (ServerSocket server = listen(address)) {
                port = tcp(server.getLocalPort());
                assertEquals(Set.of(port), sockets.of(List.of(port)), address);
            }
            assertEquals(Set.of(), sockets.of(List.of(port)), address);
        }
    }

    /** Connections of a port that is closed already do not make it look open; the application is not connected to. */
    @Test
    void anOpenConnectionIsNoListeningPort() throws Exception {
        ServerSocket server = listen("127.0.0.1");
        Port port = tcp(server.getLocalPort());
        try (Socket client = new Socket(LOOPBACK, server.getLocalPort());
                Socket accepted = server.accept()) {
            sockets.of(List.of(port));
            server.setSoTimeout(300);
            org.junit.jupiter.api.Assertions.assertThrows(java.net.SocketTimeoutException.class, server::accept);
            server.close();
            assertEquals(Set.of(), sockets.of(List.of(port)));
            assertFalse(accepted.isClosed() || client.isClosed());
        }
    }

    @Test
    void datagramSocketsAreSeen() throws Exception {
        Port port;
        try (DatagramSocket socket = new DatagramSocket(0, LOOPBACK)) {
            port = udp(socket.getLocalPort());
            assertEquals(Set.of(port), sockets.of(List.of(port, tcp(port.number()))));
        }
        assertEquals(Set.of(), sockets.of(List.of(port)));
    }

    @Test
    void onlyWhatWasAskedForIsAnswered() throws Exception {
        try (ServerSocket server = listen("127.0.0.1");
                ServerSocket other = listen("127.0.0.1")) {
            Port port = tcp(server.getLocalPort());
            assertEquals(Set.of(port), sockets.of(List.of(port)));
            assertEquals(Set.of(), sockets.of(List.of()));
            assertEquals(Set.of(tcp(other.getLocalPort())), sockets.of(List.of(udp(1), tcp(other.getLocalPort()))));
        }
    }

    @Test
    void aKernelsTableIsReadAsItIs(@TempDir Path tables) throws Exception {
        String head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
        Files.writeString(
                tables.resolve("tcp"),
                head + "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
                        + "   1: 0100007F:1F91 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0\n");
        Files.writeString(
                tables.resolve("udp"),
                head + "  11: 0100007F:C000 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0\n"
                        + "  12: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0\n");
        AppSockets read = new AppSockets(tables, List.of());
        assertEquals(Set.of(tcp(8080), udp(53)), read.of(List.of(tcp(8080), tcp(8081), udp(53), udp(0xC000), tcp(53))));
    }

    @Test
    void withoutTablesItConnects(@TempDir Path empty) throws Exception {
        AppSockets blind = new AppSockets(empty, List.of(LOOPBACK));
        Port port;
        try (ServerSocket server = listen("127.0.0.1")) {
            port = tcp(server.getLocalPort());
            assertEquals(Set.of(port), blind.of(List.of(port, udp(port.number()))));
        }
        assertEquals(Set.of(), blind.of(List.of(port)));
    }
}

package io.telepresence.userd.mount;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.run.Threads;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A relay in front of an SFTP server that answers when the test does it. */
@Timeout(30)
class SftpRelayTest {
    private static final byte[] PACKET = {0, 0, 0, 2, 9, 9};
    private static final int PATIENCE_MILLIS = 500;

    private ServerSocket server;
    private SftpRelay relay;

    @BeforeEach
    void open() throws Exception {
        server = new ServerSocket(0, 4, InetAddress.getLoopbackAddress());
        relay = SftpRelay.open((InetSocketAddress) server.getLocalSocketAddress(), Duration.ofMillis(PATIENCE_MILLIS));
        Threads.platform("relay", () -> {
            try {
                relay.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @AfterEach
    void close() throws Exception {
        relay.close();
        server.close();
    }

    private Socket client() throws Exception {
        Socket client = new Socket("127.0.0.1", relay.port());
        client.setSoTimeout(20_000);
        return client;
    }

    /** One question and one answer. */
    private static void exchange(Socket client, Socket far) throws Exception {
        client.getOutputStream().write(PACKET);
        assertArrayEquals(PACKET, far.getInputStream().readNBytes(PACKET.length));
        far.getOutputStream().write(PACKET);
        assertArrayEquals(PACKET, client.getInputStream().readNBytes(PACKET.length));
    }

    @Test
    void anIdleConnectionStays() throws Exception {
        try (Socket client = client();
                Socket far = server.accept()) {
            exchange(client, far);
            client.setSoTimeout(4 * PATIENCE_MILLIS);
            assertThrows(
                    SocketTimeoutException.class, () -> client.getInputStream().read());
            client.setSoTimeout(20_000);
            exchange(client, far);
        }
    }

    @Test
    void whoWaitsInVainIsCutOffAndMayComeAgain() throws Exception {
        for (int i = 0; i < 6; i++) {
            try (Socket client = client();
                    Socket far = server.accept()) {
                far.setSoTimeout(20_000);
                exchange(client, far);
                client.getOutputStream().write(PACKET);
                assertEquals(-1, client.getInputStream().read());
                far.getInputStream().readNBytes(PACKET.length);
                assertEquals(-1, far.getInputStream().read());
            }
        }
    }

    @Test
    void theNextAfterASilenceWaitsLess() throws Exception {
        askInVain();
        long start = System.nanoTime();
        for (int i = 0; i < 5; i++) {
            askInVain();
        }
        long millis = (System.nanoTime() - start) / 1_000_000;
        assertTrue(millis < 5 * PATIENCE_MILLIS, () -> millis + " ms");
    }

    private void askInVain() throws Exception {
        try (Socket client = client();
                Socket far = server.accept()) {
            client.getOutputStream().write(PACKET);
            assertEquals(-1, client.getInputStream().read());
            far.getInputStream().readAllBytes();
        }
    }

    @Test
    void anAnswerThatComesInPiecesIsNoSilence() throws Exception {
        try (Socket client = client();
                Socket far = server.accept()) {
            client.getOutputStream().write(PACKET);
            client.setSoTimeout(PATIENCE_MILLIS / 2);
            for (byte each : PACKET) {
                assertThrows(SocketTimeoutException.class, () -> client.getInputStream()
                        .read());
                far.getOutputStream().write(each);
                assertEquals(each, client.getInputStream().read());
            }
        }
    }

    @Test
    void aServerThatIsGoneEndsIt() throws Exception {
        try (Socket client = client()) {
            server.accept().close();
            assertEquals(-1, client.getInputStream().read());
        }
        server.close();
        try (Socket client = client()) {
            assertTrue(client.getInputStream().read() < 0);
        }
    }
}

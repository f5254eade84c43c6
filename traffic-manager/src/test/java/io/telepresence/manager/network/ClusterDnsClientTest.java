package io.telepresence.manager.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Type;

@Timeout(30)
class ClusterDnsClientTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    /** Knows no name, and says so only of those with "answered" in them. */
    private static DatagramSocket server() throws IOException {
        DatagramSocket server = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    DatagramPacket question = new DatagramPacket(new byte[512], 512);
                    server.receive(question);
                    String bytes = new String(question.getData(), StandardCharsets.ISO_8859_1);
                    if (bytes.contains("answered")) {
                        answer(server, question);
                    }
                }
            } catch (IOException e) {
                server.close();
            }
        });
        return server;
    }

    @Test
    void whoseNamesHangStopsNobodyElse() throws Exception {
        try (DatagramSocket server = server()) {
            ClusterDnsClient names = new ClusterDnsClient(List.of((InetSocketAddress) server.getLocalSocketAddress()));
            List<CompletableFuture<ClusterDnsClient.Answer>> asked = new ArrayList<>();
            for (int i = 0; i < 600; i++) {
                asked.add(names.lookup("greedy", "hangs" + i, Type.A, LONG).toCompletableFuture());
            }
            assertFalse(asked.getFirst().isDone());
            assertEquals(
                    Rcode.SERVFAIL, asked.getLast().get(1, TimeUnit.SECONDS).rcode());
            ClusterDnsClient.Answer other = names.lookup("other", "answered", Type.A, LONG)
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS);
            assertEquals(Rcode.NXDOMAIN, other.rcode());
        }
    }

    @Test
    void aQuestionThatIsLostIsPutAgain() throws Exception {
        try (DatagramSocket server = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            ClusterDnsClient names = new ClusterDnsClient(List.of((InetSocketAddress) server.getLocalSocketAddress()));
            CompletableFuture<ClusterDnsClient.Answer> asked =
                    names.lookup("caller", "answered", Type.A, LONG).toCompletableFuture();
            receive(server);
            answer(server, receive(server));
            assertEquals(Rcode.NXDOMAIN, asked.get(10, TimeUnit.SECONDS).rcode());
        }
    }

    @Test
    void aSecondServerIsAskedWhereTheFirstIsSilent() throws Exception {
        try (DatagramSocket silent = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                DatagramSocket server = server()) {
            ClusterDnsClient names =
                    new ClusterDnsClient(List.of((InetSocketAddress) silent.getLocalSocketAddress(), (InetSocketAddress)
                            server.getLocalSocketAddress()));
            ClusterDnsClient.Answer answer = names.lookup("caller", "answered", Type.A, Duration.ofSeconds(2))
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS);
            assertEquals(Rcode.NXDOMAIN, answer.rcode());
        }
    }

    @Test
    void nobodyIsAskedForLongerThanTheLimit() throws Exception {
        try (DatagramSocket silent = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            ClusterDnsClient names = new ClusterDnsClient(List.of((InetSocketAddress) silent.getLocalSocketAddress()));
            long began = System.nanoTime();
            ClusterDnsClient.Answer answer = names.lookup("caller", "silent", Type.A, Duration.ofSeconds(2))
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS);
            assertEquals(Rcode.SERVFAIL, answer.rcode());
            long took = System.nanoTime() - began;
            assertTrue(took >= 1_700_000_000L && took < 5_000_000_000L, () -> took + " ns");
        }
    }

    private static DatagramPacket receive(DatagramSocket server) throws IOException {
        DatagramPacket question = new DatagramPacket(new byte[512], 512);
        server.setSoTimeout(10_000);
        server.receive(question);
        return question;
    }

    private static void answer(DatagramSocket server, DatagramPacket question) throws IOException {
        question.getData()[2] |= (byte) 0x80;
        question.getData()[3] = Rcode.NXDOMAIN;
        server.send(question);
    }
}

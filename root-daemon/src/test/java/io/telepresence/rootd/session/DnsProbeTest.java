package io.telepresence.rootd.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.run.Threads;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xbill.DNS.Rcode;

@Timeout(30)
class DnsProbeTest {
    /** A nameserver that knows no name, and does not hear what is asked in the beginning. */
    private static DatagramSocket deafFor(Duration time) throws IOException {
        long begin = System.nanoTime();
        DatagramSocket server = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Threads.virtual("deaf", () -> {
            try {
                while (true) {
                    DatagramPacket question = new DatagramPacket(new byte[512], 512);
                    server.receive(question);
                    if (System.nanoTime() - begin > time.toNanos()) {
                        question.getData()[2] |= (byte) 0x80;
                        question.getData()[3] = Rcode.NXDOMAIN;
                        server.send(question);
                    }
                }
            } catch (IOException e) {
                assertEquals(true, server.isClosed(), e::toString);
            }
        });
        return server;
    }

    private static OptionalInt ask(DatagramSocket server, Duration within) {
        return DnsProbe.ask((InetSocketAddress) server.getLocalSocketAddress(), "name", within);
    }

    @Test
    void aMachineThatAnswersAfterSecondsHasNames() throws IOException {
        try (DatagramSocket server = deafFor(Duration.ofMillis(1500))) {
            assertEquals(OptionalInt.of(Rcode.NXDOMAIN), ask(server, SessionDns.BUSY_PROBE));
        }
    }

    @Test
    void silenceIsNoAnswer() throws IOException {
        try (DatagramSocket server = deafFor(Duration.ofMinutes(1))) {
            assertEquals(OptionalInt.empty(), ask(server, Duration.ofMillis(400)));
        }
    }
}

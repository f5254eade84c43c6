package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies pass through the agent without staying there. */
@Timeout(120)
class AgentHttpBodyTest {
    private static final long LARGE = 100L << 20;
    private static final long KEPT_ON_THE_WAY = 48L << 20;

    private FakeHttpServer app;
    private FakeHttpServer ann;
    private AgentFixture rig;

    @BeforeEach
    void open() throws Exception {
        app = new FakeHttpServer("app");
        ann = new FakeHttpServer("ann");
        rig = AgentFixture.tcp(app.port());
        rig.engageHeader(ann.port(), "X-User", "ann");
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        app.close();
        ann.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void largeBodiesArriveWhole(boolean hers) throws Exception {
        try (HttpCaller caller = new HttpCaller(rig.port())) {
            caller.send(head("POST /up", hers, LARGE));
            byte[] block = new byte[256 << 10];
            for (long left = LARGE; left > 0; left -= block.length) {
                caller.socket.getOutputStream().write(block);
            }
            assertEquals((hers ? "ann" : "app") + " /up " + LARGE, caller.body());
            caller.send(head("GET /big/" + LARGE, hers, 0));
            assertTrue(caller.head().contains("Content-Length: " + LARGE));
            caller.in.skipNBytes(LARGE);
            assertEquals("app /next 0", caller.get("/next", false).body());
        }
    }

    @Test
    void theHeadOfAResponseMayDrip() throws Exception {
        try (HttpCaller caller = new HttpCaller(rig.port())) {
            assertEquals("ok", caller.get("/dripping/100", true).body());
            assertEquals("ok", caller.get("/dripping/60000", true).body());
            assertEquals("ann /next 0", caller.get("/next", true).body());
        }
    }

    /** What is under way when nothing moves any more is bounded, whoever is slow. */
    @Test
    void aCallerWaitsForASlowLaptop() throws Exception {
        try (Place slow = Place.passive("slow");
                SocketChannel caller = SocketChannel.open()) {
            rig.engageHeader(slow.port(), "X-User", "bob");
            Until.holds(
                    "bob is engaged",
                    () -> rig.agent.link().rules().get().toString().contains("bob"));
            caller.connect(rig.port());
            caller.write(ByteBuffer.wrap("POST /up HTTP/1.1\r\nX-User: bob\r\nContent-Length: 1000000000000\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII)));
            caller.configureBlocking(false);
            long written = writeUntilStuck(caller);
            assertTrue(written < KEPT_ON_THE_WAY, "stopped only after " + written);
        }
    }

    private static long writeUntilStuck(SocketChannel caller) throws IOException {
        ByteBuffer block = ByteBuffer.allocateDirect(1 << 20);
        long written = 0;
        long stuckSince = System.nanoTime();
        while (System.nanoTime() - stuckSince < Duration.ofMillis(500).toNanos() && written < 256L << 20) {
            block.clear();
            int now = caller.write(block);
            if (now > 0) {
                written += now;
                stuckSince = System.nanoTime();
            } else {
                LockSupport.parkNanos(1_000_000);
            }
        }
        return written;
    }

    @Test
    void aServerWaitsForASlowCaller() throws Exception {
        for (boolean hers : new boolean[] {true, false}) {
            try (HttpCaller caller = new HttpCaller(rig.port())) {
                caller.send(head("GET /big/" + (1L << 36), hers, 0));
                caller.head();
                FakeHttpServer server = hers ? ann : app;
                Until.holds("the server is stuck", () -> server.isStuck());
                assertTrue(server.sent.get() < KEPT_ON_THE_WAY, "sent " + server.sent.get());
            }
        }
    }

    private static String head(String begin, boolean hers, long length) {
        return begin + " HTTP/1.1\r\nHost: api\r\n" + (hers ? "X-User: ann\r\n" : "")
                + (length == 0 ? "" : "Content-Length: " + length + "\r\n") + "\r\n";
    }
}

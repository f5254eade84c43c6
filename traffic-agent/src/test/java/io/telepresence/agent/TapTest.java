package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.PooledByteBufAllocator;
import io.telepresence.agent.manager.ClientFlows;
import io.telepresence.agent.mirror.ClientMirrors;
import io.telepresence.agent.mirror.Mirror;
import io.telepresence.agent.mirror.MirrorBudget;
import io.telepresence.agent.mirror.MirrorLimits;
import io.telepresence.agent.report.TrafficReport;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.tunnel.grpc.Carrier;
import io.telepresence.tunnel.pool.TunnelClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Copies on their way to a laptop, whatever it does with them. */
@Timeout(60)
class TapTest {
    private static final String ID = "client:mirror";
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final MirrorLimits LIMITS = new MirrorLimits(
            512 << 10, 2 << 20, 3 << 20, 300, 400, 50, Duration.ofMillis(200), Duration.ofMillis(1500));

    private final InetSocketAddress caller = new InetSocketAddress("127.0.0.1", 4321);
    private final FakeLaptop laptop = new FakeLaptop();
    private final TrafficReport report = new TrafficReport();
    private final MirrorBudget budget = new MirrorBudget(LIMITS);
    private FakeManager manager;
    private Carrier carrier;
    private ClientMirrors mirrors;
    private Place local;

    @BeforeEach
    void open() throws Exception {
        manager = new FakeManager(0, laptop);
        carrier = Carrier.open("mirror", new InetSocketAddress("127.0.0.1", manager.port));
        mirrors = new ClientMirrors(
                new InetSocketAddress("127.0.0.1", 80),
                new ClientFlows(new TunnelClient(() -> carrier, () -> "agent-1"), PATIENCE),
                budget,
                report);
        local = Place.passive("laptop");
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        try {
            local.close();
            Until.holds("no copy", () -> budget.flows() == 0);
            assertEquals(0, budget.bytes());
            Until.holds("no flow", () -> carrier.flows() == 0);
        } finally {
            carrier.close();
            manager.close();
        }
    }

    @Test
    void aQuickCloseLosesNothing() throws Exception {
        byte[] sent = random(400_000);
        Mirror tee = mirrors.open(target(), caller);
        send(tee, sent, 1000);
        tee.end();
        assertArrayEquals(sent, local.onlyOne().getInputStream().readAllBytes());
        local.onlyOne().close();
        assertEquals(
                List.of(new TrafficReport.Count(ID, 1, 0, 0)), report.take().counts());
    }

    @Test
    void anOriginalThatBreaksOffIsCopiedUpToThere() throws Exception {
        byte[] sent = random(50_000);
        Mirror tee = mirrors.openRequest(target(), caller);
        send(tee, sent, 5000);
        tee.cut();
        assertArrayEquals(sent, local.onlyOne().getInputStream().readAllBytes());
    }

    @Test
    void bulkArrivesWholeWhenTheLaptopKeepsUp() throws Exception {
        byte[] sent = random(300_000);
        Mirror tee = mirrors.open(target(), caller);
        for (int i = 0; i < 40; i++) {
            send(tee, sent, 65_536);
            assertArrayEquals(sent, local.onlyOne().getInputStream().readNBytes(sent.length));
        }
        tee.end();
        assertEquals(-1, local.onlyOne().getInputStream().read());
        local.onlyOne().close();
    }

    @Test
    void manyAtOnceKeepTheirBytesApart() throws Exception {
        List<Mirror> tees = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            Mirror tee = mirrors.open(target(), caller);
            send(tee, ("copy " + i).getBytes(), 3);
            tee.end();
            tees.add(tee);
        }
        Until.holds("all", () -> local.accepted.size() == tees.size());
        List<String> seen = new ArrayList<>();
        for (Socket socket : local.accepted) {
            seen.add(new String(socket.getInputStream().readAllBytes()));
            socket.close();
        }
        for (int i = 0; i < tees.size(); i++) {
            assertTrue(seen.contains("copy " + i), "copy " + i);
        }
    }

    @Test
    void whatTheLaptopAnswersIsThrownAway() throws Exception {
        Mirror tee = mirrors.open(target(), caller);
        send(tee, new byte[10], 10);
        for (int i = 0; i < 200; i++) {
            local.onlyOne().getOutputStream().write(new byte[100_000]);
        }
        tee.end();
        assertEquals(10, local.onlyOne().getInputStream().readAllBytes().length);
        local.onlyOne().close();
    }

    @Test
    void aStoppedLaptopCostsLittleMemoryAndNoTime() {
        laptop.mood = FakeLaptop.Mood.STALLED;
        List<Mirror> tees = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            tees.add(mirrors.open(target(), caller));
            int open = i + 1;
            Until.holds(
                    "delivered", () -> report.take().counts().equals(List.of(new TrafficReport.Count(ID, open, 0, 0))));
        }
        long begin = System.nanoTime();
        byte[] piece = new byte[32 << 10];
        for (int i = 0; i < 100; i++) {
            for (Mirror tee : tees) {
                send(tee, piece, piece.length);
                assertTrue(budget.bytes() <= LIMITS.engagementBytes(), "holds " + budget.bytes());
            }
        }
        tees.forEach(Mirror::end);
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        assertTrue(took.compareTo(Duration.ofSeconds(5)) < 0, "took " + took);
        Until.holds(
                "all are counted once",
                () -> report.take().counts().equals(List.of(new TrafficReport.Count(ID, 40, 40, 0))));
    }

    @Test
    void aCopyThatTheLaptopNeverTakesIsOverSomeTimeAfterTheOriginal() {
        laptop.mood = FakeLaptop.Mood.STALLED;
        Mirror tee = mirrors.openRequest(target(), caller);
        Until.holds("open", () -> laptop.flows.get() == 1);
        for (int i = 0; i < 100 && budget.bytes() < 100_000; i++) {
            send(tee, new byte[100_000], 50_000);
            int written = i;
            Until.holds("taken or stuck " + written, () -> budget.bytes() == 0 || written >= 10);
        }
        tee.end();
        assertTrue(budget.bytes() > 0, "nothing waits");
        Until.holds("over", () -> budget.flows() == 0);
        assertEquals(
                List.of(new TrafficReport.Count(ID, 1, 1, 0)), report.take().counts());
    }

    @Test
    void smallPiecesDoNotKeepLargeBuffers() {
        laptop.mood = FakeLaptop.Mood.SILENT;
        Mirror tee = mirrors.open(target(), caller);
        var buffer = PooledByteBufAllocator.DEFAULT.directBuffer(64 << 10).writeBytes(new byte[100]);
        tee.data(buffer.retainedSlice(0, 1));
        assertEquals(1, buffer.refCnt());
        buffer.release();
    }

    @Test
    void aLaptopThatRefusesIsCountedOnce() {
        laptop.mood = FakeLaptop.Mood.NOT_THERE;
        Mirror tee = mirrors.open(target(), caller);
        send(tee, new byte[1000], 10);
        Until.holds("over", () -> budget.flows() == 0);
        send(tee, new byte[1000], 10);
        tee.end();
        assertEquals(
                List.of(new TrafficReport.Count(ID, 0, 1, 0)), report.take().counts());
    }

    @Test
    void aSilentLaptopIsGivenUpAndAStormOfCopiesIsBounded() {
        laptop.mood = FakeLaptop.Mood.SILENT;
        for (int i = 0; i < 1000; i++) {
            Mirror tee = mirrors.openRequest(target(), caller);
            send(tee, new byte[1000], 1000);
            tee.end();
        }
        assertTrue(budget.flows() <= LIMITS.opening(), "flows " + budget.flows());
        Until.holds("given up", () -> budget.flows() == 0);
        assertEquals(
                List.of(new TrafficReport.Count(ID, 0, 1000, 0)), report.take().counts());
    }

    @Test
    void withoutALinkCopiesAreCountedAndTheOriginalGoesOn() {
        carrier.close();
        Mirror tee = mirrors.open(target(), caller);
        send(tee, new byte[1000], 10);
        tee.end();
        assertEquals(1, report.take().counts().getFirst().dropped());
    }

    @Test
    void aRequestEndsOnlyAfterItsAnswer() throws Exception {
        Mirror tee = mirrors.openRequest(target(), caller);
        send(tee, "GET / HTTP/1.1\r\n\r\n".getBytes(), 100);
        tee.end();
        Socket there = local.onlyOne();
        assertEquals(18, there.getInputStream().readNBytes(18).length);
        there.setSoTimeout(300);
        assertThrows(SocketTimeoutException.class, () -> there.getInputStream().read());
        there.getOutputStream().write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes());
        assertEquals(-1, there.getInputStream().read());
        there.close();
    }

    @Test
    void anAnswerWithoutVisibleEndEndsByItsSilence() throws Exception {
        Mirror tee = mirrors.openRequest(target(), caller);
        send(tee, "GET / HTTP/1.1\r\n\r\n".getBytes(), 100);
        tee.end();
        Socket there = local.onlyOne();
        there.getInputStream().readNBytes(18);
        there.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\nsomething".getBytes());
        there.setSoTimeout(5000);
        assertEquals(-1, there.getInputStream().read());
        there.close();
    }

    @Test
    void aServerThatNeverAnswersIsLeftAfterAWhile() throws Exception {
        Mirror tee = mirrors.openRequest(target(), caller);
        send(tee, new byte[10], 10);
        tee.end();
        Socket there = local.onlyOne();
        assertEquals(10, there.getInputStream().readAllBytes().length);
        Until.holds("over", () -> budget.flows() == 0);
        Until.holds("reset", () -> isReset(there));
    }

    /** One byte at a time: the reset is on its way still, and a large answer would fit into buffers before it. */
    private static boolean isReset(Socket socket) {
        try {
            socket.getOutputStream().write(1);
            return false;
        } catch (SocketException reset) {
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ClientEndpoint target() {
        return new ClientEndpoint(ID, "127.0.0.1", local.port(), false);
    }

    private static void send(Mirror tee, byte[] bytes, int size) {
        for (int i = 0; i < bytes.length; i += size) {
            int length = Math.min(size, bytes.length - i);
            tee.data(PooledByteBufAllocator.DEFAULT.directBuffer(length).writeBytes(bytes, i, length));
        }
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(3).nextBytes(bytes);
        return bytes;
    }
}

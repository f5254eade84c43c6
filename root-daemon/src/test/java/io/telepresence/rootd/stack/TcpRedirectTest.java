package io.telepresence.rootd.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.rootd.ip.TcpHeader;
import io.telepresence.rootd.ip.TestPackets;
import io.telepresence.rootd.ip.Tuple;
import io.telepresence.tunnel.ResetReason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TcpRedirectTest {
    private static final byte[] NONE = {};

    private final StackFixture stack = new StackFixture();

    /** Connects and returns the 4-tuple under which the listener sees the connection. */
    private Tuple connect(Tuple app, int sequence) {
        stack.fromHost(TestPackets.syn(app, sequence));
        stack.lastFlow().farOpened();
        byte[] syn = stack.toHost();
        assertTrue(TestPackets.isValid(syn));
        return StackFixture.tuple(syn);
    }

    private static int flags(byte[] packet) {
        return TcpHeader.flags(
                ByteBuffer.wrap(packet), StackFixture.header(packet).payload());
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void aSynWaitsForTheFarEndAndThenReachesTheListener(Tuple app) {
        stack.fromHost(TestPackets.syn(app, 5));
        stack.fromHost(TestPackets.syn(app, 5));
        assertNull(stack.toHost(), "held, and so is its repetition");
        assertEquals(1, stack.flows.size());
        assertEquals(app.destinationPort(), stack.lastFlow().key().destination().getPort());

        stack.lastFlow().farOpened();
        byte[] syn = stack.toHost();
        Tuple inner = StackFixture.tuple(syn);
        assertTrue(TestPackets.isValid(syn));
        assertEquals(stack.nat.family(app.source()).own(), inner.destination());
        assertEquals(StackFixture.PORT, inner.destinationPort());
        assertEquals(0, stack.heldSyns.held());
        assertEquals(5, ByteBuffer.wrap(syn).getInt(StackFixture.header(syn).payload() + 4));
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void packetsPassBothWaysWithRightChecksums(Tuple app) {
        Tuple inner = connect(app, 5);
        var random = new Random(9);
        for (int round = 0; round < 500; round++) {
            byte[] data = new byte[random.nextInt(60)];
            random.nextBytes(data);
            stack.fromHost(TestPackets.tcp(app, random.nextInt(), random.nextInt(), TcpHeader.ACK, data));
            byte[] there = stack.toHost();
            assertTrue(TestPackets.isValid(there), "forward " + round);
            assertEquals(inner, StackFixture.tuple(there));

            stack.fromHost(TestPackets.tcp(inner.swapped(), random.nextInt(), 1, TcpHeader.ACK, data));
            byte[] back = stack.toHost();
            assertTrue(TestPackets.isValid(back), "back " + round);
            assertEquals(app.swapped(), StackFixture.tuple(back));
        }
    }

    /** The field holds the pseudo header's sum, not complemented (virtio 1.2, 5.1.6.2): only addresses count. */
    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void aPartialChecksumStaysPartialAndASuperPacketGetsItsHeaderLength(Tuple app) {
        Tuple inner = connect(app, 5);
        byte[] sent = partial(TestPackets.tcp(app, 6, 1, TcpHeader.ACK, new byte[40_000]));
        sent[1] = (byte) (app.source().isV4() ? 1 : 4);
        stack.fromHost(sent);

        byte[] there = stack.toHost();
        byte[] wanted = partial(TestPackets.tcp(inner, 6, 1, TcpHeader.ACK, new byte[40_000]));
        int field = StackFixture.header(there).payload() + TcpHeader.CHECKSUM;
        assertEquals(
                ByteBuffer.wrap(wanted).getShort(field), ByteBuffer.wrap(there).getShort(field));
        int headers = ByteBuffer.wrap(there).order(ByteOrder.nativeOrder()).getShort(2);
        assertEquals(app.source().isV4() ? 40 : 60, headers);
        assertEquals(sent[1], there[1]);
    }

    private static byte[] partial(byte[] packet) {
        var ip = StackFixture.header(packet);
        ByteBuffer b = ByteBuffer.wrap(packet);
        int sum = io.telepresence.rootd.ip.Checksum.pseudoHeader(b, ip, ip.protocol(), ip.payloadLength());
        b.put(0, (byte) 1).putShort(ip.payload() + TcpHeader.CHECKSUM, (short) sum);
        return packet;
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void refusedIsAResetAndUnreachableAnIcmpError(Tuple app) {
        for (ResetReason why : ResetReason.values()) {
            stack.fromHost(TestPackets.syn(app, 5));
            stack.lastFlow().farReset(why);
            byte[] answer = stack.toHost();
            assertTrue(TestPackets.isValid(answer));
            if (why == ResetReason.REFUSED) {
                assertEquals(TcpHeader.RST | TcpHeader.ACK, flags(answer));
                assertEquals(app.swapped(), StackFixture.tuple(answer));
            } else {
                int at = StackFixture.header(answer).payload();
                int denied = app.source().isV4() ? 0x030d : 0x0101;
                int host = app.source().isV4() ? 0x0301 : 0x0103;
                assertEquals(
                        why == ResetReason.DENIED ? denied : host,
                        ByteBuffer.wrap(answer).getShort(at),
                        why.name());
            }
            assertEquals(0, stack.nat.size(), "nothing is kept of " + why);
            assertEquals(0, stack.heldSyns.held());
        }
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void aTunnelThatHasEndedIsUnreachableAndKeepsNothing(Tuple app) {
        stack.tunnelEnded = true;
        for (int i = 0; i < HeldSyns.MOST + 1; i++) {
            stack.now += 10_000_000;
            stack.fromHost(TestPackets.syn(app, i));
            int at = StackFixture.header(stack.toHost()).payload();
            assertTrue(at > 0, "answered");
        }
        assertEquals(0, stack.nat.size());
        assertEquals(0, stack.heldSyns.held());
        stack.tunnelEnded = false;
        connect(app, 5);
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void aProgramThatGivesUpEndsTheFlow(Tuple app) {
        stack.fromHost(TestPackets.syn(app, 5));
        stack.fromHost(TestPackets.tcp(app, 6, 0, TcpHeader.RST, NONE));
        assertEquals(ResetReason.ABORTED, stack.lastFlow().resetByUs);
        assertEquals(0, stack.nat.size());

        connect(app, 77);
        stack.fromHost(TestPackets.tcp(app, 78, 0, TcpHeader.RST, NONE));
        assertNotNull(stack.toHost(), "the listener must hear of it too");
        assertEquals(ResetReason.ABORTED, stack.lastFlow().resetByUs);
        assertEquals(0, stack.nat.open());
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void theSameFourTupleOnceMoreIsANewConnection(Tuple app) {
        Tuple first = connect(app, 5);
        FakeFlow flow = stack.lastFlow();
        stack.fromHost(TestPackets.syn(app, 5));
        assertEquals(first, StackFixture.tuple(stack.toHost()), "the same SYN again passes");
        assertEquals(1, stack.flows.size());

        Tuple second = connect(app, 6);
        assertNotEquals(first, second);
        assertEquals(ResetReason.ABORTED, flow.resetByUs);
        stack.fromHost(TestPackets.tcp(first.swapped(), 1, 1, TcpHeader.FIN | TcpHeader.ACK, NONE));
        assertNull(stack.toHost(), "nothing of the old one passes");
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void aClosedConnectionLivesThroughTimeWait(Tuple app) {
        Tuple inner = connect(app, 5);
        NatEntry connection = stack.nat.find(app);
        assertTrue(connection.accept());
        stack.now += 3600_000_000_000L;
        stack.nat.sweep(stack.now);
        assertEquals(1, stack.nat.open(), "an accepted one lives as long as its socket");

        connection.close(stack.now);
        stack.now += NatTable.TIME_WAIT_NANOS - 1;
        stack.nat.sweep(stack.now);
        stack.fromHost(TestPackets.tcp(inner.swapped(), 1, 1, TcpHeader.FIN | TcpHeader.ACK, NONE));
        assertNotNull(stack.toHost());
        stack.now += NatTable.TIME_WAIT_NANOS - 1;
        stack.nat.sweep(stack.now);
        assertEquals(1, stack.nat.size(), "that packet made it wait again");
        stack.now += 2;
        stack.nat.sweep(stack.now);
        assertEquals(0, stack.nat.size());
        assertNull(stack.nat.find(app));
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void whatIsNeverAcceptedIsEnded(Tuple app) {
        connect(app, 5);
        stack.now += NatTable.ACCEPT_NANOS + 1;
        stack.nat.sweep(stack.now);
        assertEquals(ResetReason.ABORTED, stack.lastFlow().resetByUs);
        assertEquals(0, stack.nat.open());
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void anUnknownSegmentIsRefusedButNoReset(Tuple app) {
        stack.fromHost(TestPackets.tcp(app, 6, 9, TcpHeader.ACK, NONE));
        assertEquals(TcpHeader.RST, flags(stack.toHost()));
        stack.fromHost(TestPackets.tcp(app, 6, 9, TcpHeader.RST, NONE));
        assertNull(stack.toHost());
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void heldSynsAreBounded(Tuple app) {
        for (int port = 0; port <= HeldSyns.MOST; port++) {
            stack.fromHost(TestPackets.syn(Tuple.of(app.source(), 10_000 + port, app.destination(), 80), 1));
        }
        assertEquals(HeldSyns.MOST, stack.heldSyns.held());
        assertEquals(HeldSyns.MOST, stack.flows.size());
        stack.flows.forEach(flow -> flow.farReset(ResetReason.REFUSED));
        assertEquals(0, stack.heldSyns.held());
        assertEquals(0, stack.nat.size());
    }
}

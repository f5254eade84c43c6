package io.telepresence.rootd.stack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.rootd.ip.Reassembler;
import io.telepresence.rootd.ip.TestPackets;
import io.telepresence.rootd.ip.Tuple;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.splice.DatagramSession;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UdpFlowsTest {
    private final StackFixture stack = new StackFixture();

    private void send(Tuple app, byte... data) {
        stack.fromHost(TestPackets.udp(app, data));
        if (!stack.flows.isEmpty()) {
            stack.lastFlow().runLoop();
        }
    }

    private static byte[] payload(byte[] packet) {
        return Arrays.copyOfRange(packet, StackFixture.header(packet).payload() + 8, packet.length);
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void datagramsWaitForTheFlowAndKeepTheirBorders(Tuple app) {
        send(app, (byte) 1, (byte) 2);
        send(app);
        FakeFlow flow = stack.lastFlow();
        assertEquals(0, flow.written.size());
        flow.farOpened();
        send(app, (byte) 3);
        assertEquals(1, stack.flows.size());
        assertEquals(
                List.of("[1, 2]", "[]", "[3]"),
                flow.written.stream().map(Arrays::toString).toList());

        flow.farData((byte) 9, (byte) 8);
        byte[] answer = stack.toHost();
        assertTrue(TestPackets.isValid(answer));
        assertEquals(app.swapped(), StackFixture.tuple(answer));
        assertArrayEquals(new byte[] {9, 8}, payload(answer));
        assertEquals(64, flow.credit, "the credit is given back");
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void aPartialChecksumIsFineAndAWrongOneIsNot(Tuple app) {
        byte[] packet = TestPackets.udp(app, new byte[] {1});
        packet[packet.length - 1] = 2;
        stack.fromHost(packet);
        assertEquals(0, stack.flows.size());
        packet[0] = 1;
        stack.fromHost(packet);
        assertEquals(1, stack.flows.size());
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void withoutCreditDatagramsAreDropped(Tuple app) {
        for (int i = 0; i < 2 * DatagramSession.MOST_WAITING; i++) {
            send(app, (byte) i);
        }
        FakeFlow flow = stack.lastFlow();
        flow.farOpened();
        assertEquals(DatagramSession.MOST_WAITING, flow.written.size());
        flow.writable = false;
        send(app, (byte) 1);
        assertEquals(DatagramSession.MOST_WAITING, flow.written.size());
        flow.writable = true;
        send(app, (byte) 1);
        assertEquals(DatagramSession.MOST_WAITING + 1, flow.written.size());
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void refusedIsPortUnreachableAndTheNextDatagramTriesAgain(Tuple app) {
        send(app, (byte) 1);
        stack.lastFlow().farReset(ResetReason.REFUSED);
        byte[] error = stack.toHost();
        assertTrue(TestPackets.isValid(error));
        int at = StackFixture.header(error).payload();
        assertEquals(
                app.source().isV4() ? 0x0303 : 0x0104, ByteBuffer.wrap(error).getShort(at));
        int ports = at + 8 + (app.source().isV4() ? 20 : 40);
        assertEquals(app.ports(), ByteBuffer.wrap(error).getInt(ports), "the host finds its socket by this");
        assertEquals(0, stack.udp.open());
        send(app, (byte) 1);
        assertEquals(2, stack.flows.size());
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void whatIsNotOpenedForAnotherReasonIsHostUnreachable(Tuple app) {
        for (ResetReason why :
                new ResetReason[] {ResetReason.UNREACHABLE, ResetReason.ABORTED, ResetReason.TIMED_OUT}) {
            send(app, (byte) 1);
            stack.lastFlow().farReset(why);
            hostUnreachable(app, stack.toHost());
        }
        send(app, (byte) 1);
        stack.lastFlow().farOpened();
        stack.lastFlow().farReset(ResetReason.ABORTED);
        assertNull(stack.toHost(), "an open one has ended at its far end");
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void aTunnelThatHasEndedIsUnreachableUntilThereIsOneAgain(Tuple app) {
        stack.tunnelEnded = true;
        send(app, (byte) 1);
        hostUnreachable(app, stack.toHost());
        assertEquals(0, stack.udp.open());
        stack.tunnelEnded = false;
        send(app, (byte) 1);
        assertEquals(1, stack.udp.open());
    }

    private static void hostUnreachable(Tuple app, byte[] error) {
        assertTrue(TestPackets.isValid(error));
        int at = StackFixture.header(error).payload();
        assertEquals(
                app.source().isV4() ? 0x0301 : 0x0103, ByteBuffer.wrap(error).getShort(at));
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void idleFlowsEndAndThoseOfDnsSooner(Tuple app) {
        Tuple dns = Tuple.of(app.source(), 5000, app.destination(), 53);
        send(app, (byte) 1);
        send(dns, (byte) 1);
        stack.flows.forEach(FakeFlow::farOpened);
        stack.now += UdpFlows.DNS_IDLE_NANOS + 1;
        stack.flows.getFirst().farData((byte) 1);
        stack.udp.sweep(stack.now);
        assertTrue(stack.flows.get(1).isClosed());
        stack.now += UdpFlows.IDLE_NANOS - 1;
        stack.udp.sweep(stack.now);
        assertEquals(1, stack.udp.open(), "an answer is life too");
        stack.now += 2;
        stack.udp.sweep(stack.now);
        assertEquals(0, stack.udp.open());
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void largeDatagramsTravelInFragments(Tuple app) {
        byte[] data = new byte[20_000];
        new Random(4).nextBytes(data);
        byte[] packet = TestPackets.udp(app, data);
        stack.fromHostInFragments(packet);
        FakeFlow flow = stack.lastFlow();
        flow.runLoop();
        flow.farOpened();
        assertArrayEquals(data, flow.written.getFirst());

        flow.farData(data);
        Reassembler.Whole whole = stack.reassembled();
        assertNotNull(whole);
        assertEquals(app.swapped(), Tuple.read(whole.bytes(), whole.ip()));
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void theNumberOfFlowsIsBounded(Tuple app) {
        for (int i = 0; i <= UdpFlows.MOST; i++) {
            send(Tuple.of(app.source(), 10_000 + i, app.destination(), 80), (byte) 1);
        }
        assertEquals(UdpFlows.MOST, stack.udp.open());
        stack.udp.close();
        assertEquals(0, stack.udp.open());
        assertNull(stack.toHost());
    }
}

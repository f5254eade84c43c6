package io.telepresence.rootd.stack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.rootd.ip.Reassembler;
import io.telepresence.rootd.ip.TestPackets;
import io.telepresence.rootd.ip.Tuple;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class IcmpTest {
    private final StackFixture stack = new StackFixture();

    private static int typeAndCode(byte[] packet) {
        return ByteBuffer.wrap(packet).getShort(StackFixture.header(packet).payload()) & 0xffff;
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void pingIsAnsweredWhenTheFarEndAnswered(Tuple app) {
        boolean v4 = app.source().isV4();
        stack.fromHost(TestPackets.echoRequest(app.source(), app.destination(), new byte[56]));
        assertNull(stack.toHost());
        stack.pings.getFirst().complete(true);
        byte[] reply = stack.toHost();
        assertTrue(TestPackets.isValid(reply));
        assertEquals(v4 ? 0 : 129 << 8, typeAndCode(reply));

        stack.fromHost(TestPackets.echoRequest(app.source(), app.destination(), new byte[56]));
        stack.pings.get(1).complete(false);
        assertEquals(v4 ? 0x0301 : 0x0103, typeAndCode(stack.toHost()));
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void aLargePingIsAnsweredInFragments(Tuple app) {
        byte[] data = new byte[4000];
        new Random(7).nextBytes(data);
        byte[] packet = TestPackets.echoRequest(app.source(), app.destination(), data);
        stack.fromHostInFragments(packet);
        stack.pings.getFirst().complete(true);
        Reassembler.Whole whole = stack.reassembled();
        assertNotNull(whole);
        byte[] sent = new byte[data.length];
        whole.bytes().get(whole.ip().payload() + 8, sent);
        assertArrayEquals(data, sent);
        assertEquals(
                app.source().isV4() ? 0 : 129 << 8,
                whole.bytes().getShort(whole.ip().payload()) & 0xffff);
    }

    @Test
    void pingsAreBounded() {
        Tuple app = StackFixture.apps().getFirst();
        for (int i = 0; i < 2 * IcmpEcho.MOST; i++) {
            stack.fromHost(TestPackets.echoRequest(app.source(), app.destination(), new byte[8]));
        }
        assertEquals(IcmpEcho.MOST, stack.pings.size());
        stack.pings.forEach(ping -> ping.completeExceptionally(new IllegalStateException("lost")));
        stack.fromHost(TestPackets.echoRequest(app.source(), app.destination(), new byte[8]));
        assertEquals(IcmpEcho.MOST + 1, stack.pings.size());
    }

    @Test
    void aTunnelThatHasEndedIsUnreachableAndKeepsNothing() {
        Tuple app = StackFixture.apps().getFirst();
        stack.tunnelEnded = true;
        for (int i = 0; i < 2 * IcmpEcho.MOST; i++) {
            stack.fromHost(TestPackets.echoRequest(app.source(), app.destination(), new byte[8]));
            assertEquals(0x0301, typeAndCode(stack.toHost()));
        }
        stack.tunnelEnded = false;
        stack.fromHost(TestPackets.echoRequest(app.source(), app.destination(), new byte[8]));
        assertEquals(1, stack.pings.size());
    }

    @ParameterizedTest
    @MethodSource("io.telepresence.rootd.stack.StackFixture#apps")
    void anUnknownProtocolIsToldSo(Tuple app) {
        stack.fromHost(TestPackets.packet(app, 132, -1, new byte[20]));
        assertEquals(app.source().isV4() ? 0x0302 : 0x0401, typeAndCode(stack.toHost()));
    }

    @Test
    void errorsAreLimitedInTime() {
        Tuple app = StackFixture.apps().getFirst();
        for (int i = 0; i < 2 * IcmpErrors.PER_SECOND; i++) {
            stack.fromHost(TestPackets.packet(app, 132, -1, new byte[20]));
        }
        int sent = 0;
        while (stack.toHost() != null) {
            sent++;
        }
        assertEquals(IcmpErrors.PER_SECOND, sent);
        stack.now += 1_000_000_000L;
        stack.fromHost(TestPackets.packet(app, 132, -1, new byte[20]));
        assertNotNull(stack.toHost());
    }

    @Test
    void multicastAndGarbageStayUnanswered() {
        stack.fromHost(TestPackets.udp(TestPackets.tuple("198.18.0.1", 5353, "224.0.0.251", 5353), new byte[9]));
        stack.fromHost(TestPackets.packet(TestPackets.tuple("fe80::1", 0, "ff02::2", 0), 58, 2, new byte[8]));
        stack.fromHost(new byte[3]);
        stack.fromHost(new byte[60]);
        assertNull(stack.toHost());
        assertEquals(0, stack.flows.size());
    }
}

package io.telepresence.rootd.ip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PacketsTest {
    static List<Tuple> tuples() {
        return List.of(
                TestPackets.tuple("10.0.0.1", 40_000, "10.96.3.7", 80),
                TestPackets.tuple("fd00::1", 40_000, "fd00:96::7", 80));
    }

    private final ByteBuffer out = ByteBuffer.allocate(70_000);

    private byte[] written(int end) {
        return Arrays.copyOf(out.array(), end);
    }

    private static IpHeader parse(byte[] packet) {
        return IpHeader.parse(ByteBuffer.wrap(packet), 10, packet.length);
    }

    @ParameterizedTest
    @MethodSource("tuples")
    void aSynIsRefusedWithTheNextSequenceNumber(Tuple tuple) {
        byte[] syn = TestPackets.syn(tuple, 0xffff_ffff);
        byte[] reset = written(TcpPackets.reset(out, 10, ByteBuffer.wrap(syn), parse(syn)));
        ByteBuffer b = ByteBuffer.wrap(reset);
        IpHeader ip = parse(reset);
        assertTrue(TestPackets.isValid(reset));
        assertEquals(tuple.swapped(), Tuple.read(b, ip));
        assertEquals(TcpHeader.RST | TcpHeader.ACK, TcpHeader.flags(b, ip.payload()));
        assertEquals(0, TcpHeader.acknowledged(b, ip.payload()));
        assertEquals(0, TcpHeader.sequence(b, ip.payload()));
    }

    @ParameterizedTest
    @MethodSource("tuples")
    void aStraySegmentIsRefusedWhereItsAcknowledgementPoints(Tuple tuple) {
        byte[] segment = TestPackets.tcp(tuple, 7, 99, TcpHeader.ACK, new byte[11]);
        byte[] reset = written(TcpPackets.reset(out, 10, ByteBuffer.wrap(segment), parse(segment)));
        ByteBuffer b = ByteBuffer.wrap(reset);
        assertTrue(TestPackets.isValid(reset));
        assertEquals(TcpHeader.RST, TcpHeader.flags(b, parse(reset).payload()));
        assertEquals(99, TcpHeader.sequence(b, parse(reset).payload()));
    }

    @ParameterizedTest
    @MethodSource("tuples")
    void aDatagramIsWrapped(Tuple tuple) {
        byte[] data = {1, 2, 3};
        out.put(UdpPackets.dataAt(10, !tuple.source().isV4()), data);
        byte[] packet = written(UdpPackets.wrap(out, 10, tuple, data.length).end());
        assertTrue(TestPackets.isValid(packet));
        assertEquals(tuple, Tuple.read(ByteBuffer.wrap(packet), parse(packet)));
        assertTrue(UdpHeader.isIntact(ByteBuffer.wrap(packet), parse(packet)));
        packet[packet.length - 1] ^= 4;
        assertTrue(!UdpHeader.isIntact(ByteBuffer.wrap(packet), parse(packet)));
    }

    @ParameterizedTest
    @MethodSource("tuples")
    void pingIsAnswered(Tuple tuple) {
        byte[] request = TestPackets.echoRequest(tuple.source(), tuple.destination(), new byte[] {5, 6, 7});
        assertTrue(IcmpPackets.isEchoRequest(ByteBuffer.wrap(request), parse(request)));
        byte[] reply = written(IcmpPackets.echoReply(out, 10, ByteBuffer.wrap(request), parse(request)));
        IpHeader ip = parse(reply);
        assertTrue(TestPackets.isValid(reply));
        assertEquals(tuple.source(), ip.destination(ByteBuffer.wrap(reply)));
        assertEquals(ip.v6() ? 129 : 0, reply[ip.payload()] & 0xff);
        assertEquals(0x1234_0001, ByteBuffer.wrap(reply).getInt(ip.payload() + 4));
        assertArrayEquals(new byte[] {5, 6, 7}, Arrays.copyOfRange(reply, reply.length - 3, reply.length));
    }

    @ParameterizedTest
    @MethodSource("tuples")
    void anErrorQuotesThePacketWithinItsBound(Tuple tuple) {
        byte[] large = TestPackets.udp(tuple, new byte[3000]);
        IpHeader about = parse(large);
        byte[] error = written(
                IcmpPackets.unreachable(out, 10, Unreachable.PORT, tuple.destination(), ByteBuffer.wrap(large), about));
        IpHeader ip = parse(error);
        assertTrue(TestPackets.isValid(error));
        assertEquals(ip.v6() ? 1280 : 576, error.length - 10);
        assertEquals(ip.v6() ? 0x0104 : 0x0303, ByteBuffer.wrap(error).getShort(ip.payload()));
        int quoted = ip.payload() + 8;
        assertArrayEquals(
                Arrays.copyOfRange(large, 10, 58), Arrays.copyOfRange(error, quoted, quoted + 48), "quoted packet");
    }

    @ParameterizedTest
    @MethodSource("tuples")
    void whatIsCutIsPutTogetherAgainInAnyOrder(Tuple tuple) {
        byte[] data = new byte[9001];
        new Random(1).nextBytes(data);
        byte[] packet = TestPackets.udp(tuple, data);
        List<byte[]> pieces = new ArrayList<>();
        Fragments.cut(ByteBuffer.wrap(packet), parse(packet), 1500, 77, out, 10, end -> pieces.add(written(end)));
        assertEquals(7, pieces.size());
        pieces.forEach(piece -> assertTrue(piece.length <= 1510));

        Collections.shuffle(pieces, new Random(2));
        var reassembler = new Reassembler();
        byte[] last = pieces.removeLast();
        for (byte[] piece : pieces) {
            assertNull(reassembler.add(ByteBuffer.wrap(piece), parse(piece), 0));
            assertNull(reassembler.add(ByteBuffer.wrap(piece), parse(piece), 0), "the same once more");
        }
        var whole = reassembler.add(ByteBuffer.wrap(last), parse(last), 0);
        assertNotNull(whole);
        assertTrue(UdpHeader.isIntact(whole.bytes(), whole.ip()));
        assertEquals(tuple, Tuple.read(whole.bytes(), whole.ip()));
        byte[] got = new byte[data.length];
        whole.bytes().get(whole.ip().payload() + 8, got);
        assertArrayEquals(data, got);
    }

    @Test
    void unfinishedPacketsAreForgotten() {
        Tuple tuple = tuples().getFirst();
        byte[] packet = TestPackets.udp(tuple, new byte[3000]);
        List<byte[]> pieces = new ArrayList<>();
        Fragments.cut(ByteBuffer.wrap(packet), parse(packet), 1500, 77, out, 10, end -> pieces.add(written(end)));
        var reassembler = new Reassembler();
        reassembler.add(ByteBuffer.wrap(pieces.get(0)), parse(pieces.get(0)), 0);
        reassembler.add(ByteBuffer.wrap(pieces.get(1)), parse(pieces.get(1)), 0);
        long late = Reassembler.PATIENCE_NANOS + 1;
        assertNull(reassembler.add(ByteBuffer.wrap(pieces.get(2)), parse(pieces.get(2)), late));
    }
}

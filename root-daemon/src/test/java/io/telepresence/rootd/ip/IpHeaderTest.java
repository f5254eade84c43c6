package io.telepresence.rootd.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IpHeaderTest {
    private static final Tuple V4 = TestPackets.tuple("10.0.0.1", 1234, "10.96.3.7", 80);
    private static final Tuple V6 = TestPackets.tuple("fd00::1", 1234, "fd00:96::7", 80);

    private static IpHeader parse(byte[] packet) {
        return IpHeader.parse(ByteBuffer.wrap(packet), 10, packet.length);
    }

    @Test
    void readsBothFamilies() {
        for (Tuple tuple : new Tuple[] {V4, V6}) {
            byte[] packet = TestPackets.syn(tuple, 5);
            IpHeader ip = parse(packet);
            assertEquals(IpHeader.TCP, ip.protocol());
            assertEquals(packet.length, ip.end());
            assertEquals(20, ip.payloadLength());
            assertEquals(tuple, Tuple.read(ByteBuffer.wrap(packet), ip));
            assertFalse(ip.isFragment());
        }
    }

    @Test
    void skipsExtensionHeaders() {
        byte[] udp = {0, 1, 0, 2, 0, 8, 0, 0};
        byte[] payload = new byte[8 + 16 + udp.length];
        payload[0] = 60; // hop-by-hop, 8 bytes, then destination options
        payload[8] = 17; // 16 bytes, then UDP
        payload[9] = 1;
        System.arraycopy(udp, 0, payload, 24, udp.length);
        IpHeader ip = parse(TestPackets.packet(V6, 0, -1, payload));
        assertEquals(IpHeader.UDP, ip.protocol());
        assertEquals(8, ip.payloadLength());
    }

    @Test
    void endlessExtensionHeadersAreMalformed() {
        byte[] payload = new byte[16];
        payload[0] = 60;
        payload[8] = 60;
        assertNull(parse(TestPackets.packet(V6, 60, -1, payload)));
    }

    @Test
    void seesFragments() {
        byte[] first = TestPackets.udp(V4, new byte[16]);
        ByteBuffer.wrap(first).putShort(16, (short) 0x2000);
        assertTrue(parse(first).moreFragments());
        assertEquals(0, parse(first).fragmentOffset());

        ByteBuffer.wrap(first).putShort(16, (short) 3);
        assertFalse(parse(first).moreFragments());
        assertEquals(24, parse(first).fragmentOffset());

        byte[] v6 = new byte[16];
        v6[0] = 17;
        ByteBuffer.wrap(v6).putShort(2, (short) (1480 | 1));
        IpHeader ip = parse(TestPackets.packet(V6, 44, -1, v6));
        assertTrue(ip.isFragment() && ip.moreFragments());
        assertEquals(1480, ip.fragmentOffset());
        assertEquals(IpHeader.UDP, ip.protocol());
    }

    @Test
    void refusesWhatIsCutShort() {
        for (Tuple tuple : new Tuple[] {V4, V6}) {
            byte[] packet = TestPackets.syn(tuple, 5);
            assertNotNull(parse(packet));
            assertNull(IpHeader.parse(ByteBuffer.wrap(packet), 10, packet.length - 1));
            assertNull(IpHeader.parse(ByteBuffer.wrap(packet), 10, 15));
        }
    }

    @Test
    void anyBytesAreReadInsideTheirBounds() {
        var random = new Random(3);
        for (int round = 0; round < 200_000; round++) {
            byte[] bytes = new byte[10 + random.nextInt(90)];
            random.nextBytes(bytes);
            if (bytes.length > 16) {
                bytes[10] = (byte) (random.nextBoolean() ? 0x45 : 0x60);
                ByteBuffer.wrap(bytes).putShort(random.nextBoolean() ? 12 : 14, (short) random.nextInt(80));
            }
            IpHeader ip = parse(bytes);
            if (ip != null) {
                assertTrue(ip.payload() <= ip.end() && ip.end() <= bytes.length);
            }
        }
    }

    @Test
    void knowsOrdinaryAddresses() {
        for (String text : new String[] {"10.0.0.1", "198.18.0.1", "fd00::1", "2001:db8::1"}) {
            assertTrue(TestPackets.ip(text).isOrdinary(), text);
        }
        for (String text : new String[] {
            "0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.251", "255.255.255.255", "::", "::1", "fe80::1", "ff02::2"
        }) {
            assertFalse(TestPackets.ip(text).isOrdinary(), text);
        }
    }
}

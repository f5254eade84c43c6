package io.telepresence.rootd.ip;

import java.nio.ByteBuffer;

/** Writes the IP header of packets that we make ourselves: no options, hop limit 64. */
final class IpWriter {
    private static final int HOPS = 64;
    private static final int DONT_FRAGMENT = 0x4000;

    private IpWriter() {}

    static int headerLength(boolean v6) {
        return v6 ? IpHeader.V6_LENGTH : IpHeader.V4_LENGTH;
    }

    /** Writes the header for {@code length} bytes of payload; the family is that of the addresses. */
    static IpHeader write(ByteBuffer b, int at, IpAddress from, IpAddress to, int protocol, int length) {
        boolean v6 = !from.isV4();
        if (v6) {
            b.putInt(at, 6 << 28).putShort(at + 4, (short) length);
            b.put(at + 6, (byte) protocol).put(at + 7, (byte) HOPS);
        } else {
            b.putShort(at, (short) 0x4500).putShort(at + 2, (short) (IpHeader.V4_LENGTH + length));
            b.putShort(at + 4, (short) 0).putShort(at + 6, (short) DONT_FRAGMENT);
            b.put(at + 8, (byte) HOPS).put(at + 9, (byte) protocol);
        }
        int payload = at + headerLength(v6);
        var ip = new IpHeader(v6, at, payload + length, protocol, payload, 0);
        from.write(b, ip.sourceAt());
        to.write(b, ip.destinationAt());
        checksum(b, ip);
        return ip;
    }

    /** Makes the header's own checksum right again; IPv6 has none. */
    static void checksum(ByteBuffer b, IpHeader ip) {
        if (!ip.v6()) {
            b.putShort(ip.at() + 10, (short) 0);
            b.putShort(ip.at() + 10, Checksum.finish(Checksum.sum(b, ip.at(), ip.headerLength())));
        }
    }

    /** Computes the transport checksum at {@code field} over the whole payload. */
    static void transportChecksum(ByteBuffer b, IpHeader ip, int field) {
        b.putShort(field, (short) 0);
        int sum = Checksum.sum(b, ip.payload(), ip.payloadLength())
                + Checksum.pseudoHeader(b, ip, ip.protocol(), ip.payloadLength());
        b.putShort(field, Checksum.finish(sum));
    }
}

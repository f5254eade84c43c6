package io.telepresence.rootd.ip;

import java.nio.ByteBuffer;

/** Fields of a UDP header (RFC 768) that starts at {@code at}. */
public final class UdpHeader {
    public static final int LENGTH = 8;

    static final int CHECKSUM = 6;

    private UdpHeader() {}

    /** Length of header and data, as the header says. */
    public static int length(ByteBuffer b, int at) {
        return b.getShort(at + 4) & 0xffff;
    }

    /** The header is whole, its length fits the packet. */
    public static boolean isWhole(ByteBuffer b, IpHeader ip) {
        return ip.payloadLength() >= LENGTH
                && length(b, ip.payload()) >= LENGTH
                && length(b, ip.payload()) <= ip.payloadLength();
    }

    /** The checksum holds, or there is none (IPv4 only). Not for packets with a partial checksum. */
    public static boolean isIntact(ByteBuffer b, IpHeader ip) {
        int at = ip.payload();
        if (b.getShort(at + CHECKSUM) == 0) {
            return !ip.v6();
        }
        int length = length(b, at);
        int sum = Checksum.sum(b, at, length) + Checksum.pseudoHeader(b, ip, IpHeader.UDP, length);
        return Checksum.fold(sum) == 0xffff;
    }
}

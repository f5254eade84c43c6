package io.telepresence.rootd.ip;

import java.nio.ByteBuffer;

/**
 * The Internet checksum (RFC 1071), and how to keep it right when words change (RFC 1624, equation 3).
 *
 * <p>A <em>sum</em> is a one's complement sum, not complemented, that may still have carries above 16 bits. A
 * <em>delta</em> is a sum to add to another sum for words that change. What stands in a packet is {@code ~fold(sum)}.
 */
public final class Checksum {
    private Checksum() {}

    /** Sum of {@code length} bytes from {@code at}; an odd last byte counts as if a zero followed. Big-endian buffers. */
    public static int sum(ByteBuffer b, int at, int length) {
        long sum = 0;
        int i = at;
        for (int end = at + length - 7; i < end; i += 8) {
            long word = b.getLong(i);
            sum += (word >>> 32) + (word & 0xffff_ffffL);
        }
        for (int end = at + length - 1; i < end; i += 2) {
            sum += b.getShort(i) & 0xffff;
        }
        if (i < at + length) {
            sum += (b.get(i) & 0xff) << 8;
        }
        sum = (sum & 0xffff_ffffL) + (sum >>> 32);
        sum = (sum & 0xffff_ffffL) + (sum >>> 32);
        return (int) ((sum & 0xffff) + (sum >>> 16));
    }

    /** Brings the carries of a sum back in: at most 16 bits. */
    public static int fold(int sum) {
        int once = (sum & 0xffff) + (sum >>> 16);
        return (once & 0xffff) + (once >>> 16);
    }

    /** What a packet carries for this sum. */
    public static short finish(int sum) {
        return (short) ~fold(sum);
    }

    /** Delta of one 16-bit word that changes. */
    public static int delta16(int from, int to) {
        return (~from & 0xffff) + (to & 0xffff);
    }

    /** Delta of two neighbouring words that change. */
    public static int delta32(int from, int to) {
        return delta16(from >>> 16, to >>> 16) + delta16(from, to);
    }

    /** Delta of four neighbouring words that change; folded. */
    public static int delta64(long from, long to) {
        return fold(delta32((int) (from >>> 32), (int) (to >>> 32)) + delta32((int) from, (int) to));
    }

    /** Adds a delta to the finished checksum at {@code at}. */
    public static void update(ByteBuffer b, int at, int delta) {
        b.putShort(at, finish((~b.getShort(at) & 0xffff) + fold(delta)));
    }

    /** Adds a delta to a sum that stands uncomplemented at {@code at}, as in packets with a partial checksum. */
    public static void updatePartial(ByteBuffer b, int at, int delta) {
        b.putShort(at, (short) fold((b.getShort(at) & 0xffff) + fold(delta)));
    }

    /** Sum of the pseudo header of RFC 768, 9293 or 8200 section 8.1; the addresses are read from the IP header. */
    public static int pseudoHeader(ByteBuffer b, IpHeader ip, int protocol, int length) {
        int addresses = sum(b, ip.sourceAt(), 2 * ip.addressLength());
        return fold(addresses + (length >>> 16) + (length & 0xffff) + protocol);
    }
}

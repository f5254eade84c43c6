package io.telepresence.rootd.ip;

import java.nio.ByteBuffer;
import java.util.function.IntConsumer;

/** Cuts a packet that is larger than the MTU (RFC 791 section 2.3, RFC 8200 section 4.5). */
public final class Fragments {
    private static final int V6_HEADER = 8;

    private Fragments() {}

    /**
     * Cuts {@code whole}, which has a header without options or extensions, into pieces.
     *
     * @param piece each piece is written there, from {@code at} on
     * @param identification tells the pieces of this packet from those of others
     * @param sink is told where a piece ends in {@code piece}, before the next one is made in its place
     */
    public static void cut(
            ByteBuffer whole, IpHeader ip, int mtu, int identification, ByteBuffer piece, int at, IntConsumer sink) {
        int header = ip.headerLength() + (ip.v6() ? V6_HEADER : 0);
        int step = mtu - header & ~7;
        int total = ip.payloadLength();
        for (int done = 0; done < total; done += step) {
            int length = Math.min(step, total - done);
            boolean more = done + length < total;
            piece.put(at, whole, ip.at(), ip.headerLength());
            piece.put(at + header, whole, ip.payload() + done, length);
            if (ip.v6()) {
                headV6(piece, at, ip.protocol(), length, done | (more ? 1 : 0), identification);
            } else {
                headV4(piece, at, length, done >>> 3 | (more ? 0x2000 : 0), identification);
            }
            sink.accept(at + header + length);
        }
    }

    private static void headV4(ByteBuffer b, int at, int length, int field, int identification) {
        b.putShort(at + 2, (short) (IpHeader.V4_LENGTH + length));
        b.putShort(at + 4, (short) identification).putShort(at + 6, (short) field);
        int payload = at + IpHeader.V4_LENGTH;
        IpWriter.checksum(b, new IpHeader(false, at, payload + length, IpHeader.UDP, payload, 0));
    }

    private static void headV6(ByteBuffer b, int at, int protocol, int length, int field, int identification) {
        b.putShort(at + 4, (short) (V6_HEADER + length)).put(at + 6, (byte) IpHeader.V6_FRAGMENT);
        int here = at + IpHeader.V6_LENGTH;
        b.put(here, (byte) protocol).put(here + 1, (byte) 0);
        b.putShort(here + 2, (short) field).putInt(here + 4, identification);
    }
}

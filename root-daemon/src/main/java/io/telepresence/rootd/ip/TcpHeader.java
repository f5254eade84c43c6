package io.telepresence.rootd.ip;

import java.nio.ByteBuffer;

/** Fields of a TCP header (RFC 9293 section 3.1) that starts at {@code at}. */
public final class TcpHeader {
    public static final int LENGTH = 20;
    public static final int CHECKSUM = 16;

    public static final int FIN = 1;
    public static final int SYN = 2;
    public static final int RST = 4;
    public static final int ACK = 16;

    private TcpHeader() {}

    /** A whole header is there, and not the middle of a fragmented one. */
    public static boolean isWhole(ByteBuffer b, IpHeader ip) {
        return !ip.isFragment()
                && ip.payloadLength() >= LENGTH
                && length(b, ip.payload()) >= LENGTH
                && length(b, ip.payload()) <= ip.payloadLength();
    }

    public static int sequence(ByteBuffer b, int at) {
        return b.getInt(at + 4);
    }

    public static int acknowledged(ByteBuffer b, int at) {
        return b.getInt(at + 8);
    }

    /** Length with options, in bytes. */
    public static int length(ByteBuffer b, int at) {
        return (b.get(at + 12) & 0xf0) >>> 2;
    }

    public static int flags(ByteBuffer b, int at) {
        return b.get(at + 13) & 0x3f;
    }

    /** Asks for a new connection: SYN without ACK. */
    public static boolean isSyn(int flags) {
        return (flags & (SYN | ACK | RST)) == SYN;
    }
}

package io.telepresence.rootd.ip;

import java.nio.ByteBuffer;

/** Reads and makes ICMP and ICMPv6 messages. */
public final class IcmpPackets {
    private static final int HEADER = 8;
    private static final int CHECKSUM = 2;
    private static final int UNREACHABLE_V4 = 3;
    private static final int NEXT_HEADER = 6;

    /** RFC 1812 section 4.3.2.3 and RFC 4443 section 2.4 (c): the most bytes of a whole error message. */
    private static final int MOST_V4 = 576;

    private static final int MOST_V6 = 1280;

    private IcmpPackets() {}

    /** A whole echo request, as ping sends it. */
    public static boolean isEchoRequest(ByteBuffer b, IpHeader ip) {
        return isIcmp(ip)
                && !ip.isFragment()
                && ip.payloadLength() >= HEADER
                && b.getShort(ip.payload()) == (short) ((ip.v6() ? 128 : 8) << 8);
    }

    /** Some ICMP message that is not a request: no error may be sent about it (RFC 1122 section 3.2.2). */
    public static boolean isIcmp(IpHeader ip) {
        return ip.protocol() == (ip.v6() ? IpHeader.ICMP_V6 : IpHeader.ICMP);
    }

    /** Writes the answer to an echo request; returns where the packet ends. */
    public static int echoReply(ByteBuffer out, int at, ByteBuffer request, IpHeader ip) {
        int length = ip.payloadLength();
        IpHeader answer = IpWriter.write(out, at, ip.destination(request), ip.source(request), ip.protocol(), length);
        out.put(answer.payload(), request, ip.payload(), length);
        out.putShort(answer.payload(), (short) (ip.v6() ? 129 << 8 : 0));
        checksum(out, answer);
        return answer.end();
    }

    /**
     * Writes an error about {@code packet}, quoting as much of it as is allowed; returns where the error ends.
     *
     * @param from who says so
     */
    public static int unreachable(
            ByteBuffer out, int at, Unreachable why, IpAddress from, ByteBuffer packet, IpHeader ip) {
        int room = (ip.v6() ? MOST_V6 : MOST_V4) - IpWriter.headerLength(ip.v6()) - HEADER;
        int quoted = Math.min(ip.end() - ip.at(), room);
        IpHeader error = IpWriter.write(out, at, from, ip.source(packet), protocol(ip), HEADER + quoted);
        int here = error.payload();
        out.put(here, (byte) (ip.v6() ? why.typeV6 : UNREACHABLE_V4));
        out.put(here + 1, (byte) (ip.v6() ? why.codeV6 : why.codeV4));
        out.putInt(here + 4, ip.v6() && why == Unreachable.PROTOCOL ? NEXT_HEADER : 0);
        out.put(here + HEADER, packet, ip.at(), quoted);
        checksum(out, error);
        return error.end();
    }

    private static int protocol(IpHeader ip) {
        return ip.v6() ? IpHeader.ICMP_V6 : IpHeader.ICMP;
    }

    /** Only ICMPv6 sums the pseudo header too. */
    private static void checksum(ByteBuffer out, IpHeader ip) {
        int field = ip.payload() + CHECKSUM;
        if (ip.v6()) {
            IpWriter.transportChecksum(out, ip, field);
            return;
        }
        out.putShort(field, (short) 0);
        out.putShort(field, Checksum.finish(Checksum.sum(out, ip.payload(), ip.payloadLength())));
    }
}

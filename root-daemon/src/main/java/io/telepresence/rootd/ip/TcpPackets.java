package io.telepresence.rootd.ip;

import java.nio.ByteBuffer;

/** Makes TCP segments. */
public final class TcpPackets {
    /** Bytes that a reset takes at most. */
    public static final int RESET_ROOM = IpHeader.V6_LENGTH + TcpHeader.LENGTH;

    private TcpPackets() {}

    /**
     * Writes the RST that RFC 9293 section 3.5.2 wants as an answer to a segment that belongs to no connection.
     *
     * @param out where to write; may not be the segment's own buffer
     * @return where the packet ends
     */
    public static int reset(ByteBuffer out, int at, ByteBuffer segment, IpHeader ip) {
        int tcp = ip.payload();
        int flags = TcpHeader.flags(segment, tcp);
        boolean acknowledges = (flags & TcpHeader.ACK) != 0;
        int sequence = acknowledges ? TcpHeader.acknowledged(segment, tcp) : 0;
        int length = ip.payloadLength()
                - TcpHeader.length(segment, tcp)
                + (flags & TcpHeader.SYN) / TcpHeader.SYN
                + (flags & TcpHeader.FIN);
        int next = acknowledges ? 0 : TcpHeader.sequence(segment, tcp) + length;

        IpHeader answer =
                IpWriter.write(out, at, ip.destination(segment), ip.source(segment), IpHeader.TCP, TcpHeader.LENGTH);
        int here = answer.payload();
        out.putShort(here, segment.getShort(tcp + 2)).putShort(here + 2, segment.getShort(tcp));
        out.putInt(here + 4, sequence).putInt(here + 8, next);
        out.put(here + 12, (byte) (TcpHeader.LENGTH << 2));
        out.put(here + 13, (byte) (TcpHeader.RST | (acknowledges ? 0 : TcpHeader.ACK)));
        out.putInt(here + 14, 0).putShort(here + 18, (short) 0);
        IpWriter.transportChecksum(out, answer, here + TcpHeader.CHECKSUM);
        return answer.end();
    }
}

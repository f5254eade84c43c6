package io.telepresence.rootd.ip;

import java.nio.ByteBuffer;

/** Makes UDP packets: the data is put in place first, the headers are written around it. */
public final class UdpPackets {
    private UdpPackets() {}

    /** Where the data of a packet that starts at {@code at} has to stand. */
    public static int dataAt(int at, boolean v6) {
        return at + IpWriter.headerLength(v6) + UdpHeader.LENGTH;
    }

    /** The most data that one packet can carry. */
    public static int mostData(boolean v6) {
        return 65_535 - UdpHeader.LENGTH - (v6 ? 0 : IpHeader.V4_LENGTH);
    }

    /** Writes the headers of a packet whose {@code length} bytes of data are in place. */
    public static IpHeader wrap(ByteBuffer b, int at, Tuple tuple, int length) {
        IpAddress from = tuple.source();
        int whole = UdpHeader.LENGTH + length;
        IpHeader ip = IpWriter.write(b, at, from, tuple.destination(), IpHeader.UDP, whole);
        int here = ip.payload();
        b.putInt(here, tuple.ports()).putShort(here + 4, (short) whole);
        IpWriter.transportChecksum(b, ip, here + UdpHeader.CHECKSUM);
        if (b.getShort(here + UdpHeader.CHECKSUM) == 0) {
            b.putShort(here + UdpHeader.CHECKSUM, (short) 0xffff); // zero would mean "none"
        }
        return ip;
    }
}

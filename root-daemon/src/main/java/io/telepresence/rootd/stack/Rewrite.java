package io.telepresence.rootd.stack;

import io.telepresence.rootd.ip.Checksum;
import io.telepresence.rootd.ip.IpHeader;
import io.telepresence.rootd.ip.TcpHeader;
import io.telepresence.rootd.ip.Tuple;
import io.telepresence.rootd.ip.VnetHeader;
import java.nio.ByteBuffer;

/**
 * One direction of a redirected connection: gives each of its packets other addresses and ports. Nothing else changes,
 * so the checksums are corrected by differences that are computed once.
 */
final class Rewrite {
    private static final int IP_CHECKSUM = 10;

    private final Tuple to;
    /** What the addresses add to the sums of IP and, by the pseudo header, TCP. */
    private final int addresses;
    /** Addresses and ports. */
    private final int everything;

    Rewrite(Tuple from, Tuple to) {
        this.to = to;
        this.addresses = Checksum.fold(Checksum.delta64(from.sourceHigh(), to.sourceHigh())
                + Checksum.delta64(from.sourceLow(), to.sourceLow())
                + Checksum.delta64(from.destinationHigh(), to.destinationHigh())
                + Checksum.delta64(from.destinationLow(), to.destinationLow()));
        this.everything = Checksum.fold(addresses + Checksum.delta32(from.ports(), to.ports()));
    }

    /** Rewrites the packet in place; {@code b} starts with its virtio-net header, which is corrected too. */
    void apply(ByteBuffer b, IpHeader ip) {
        int tcp = ip.payload();
        if (ip.v6()) {
            b.putLong(ip.sourceAt(), to.sourceHigh()).putLong(ip.sourceAt() + 8, to.sourceLow());
            b.putLong(ip.destinationAt(), to.destinationHigh()).putLong(ip.destinationAt() + 8, to.destinationLow());
        } else {
            b.putInt(ip.sourceAt(), (int) to.sourceLow()).putInt(ip.destinationAt(), (int) to.destinationLow());
            Checksum.update(b, ip.at() + IP_CHECKSUM, addresses);
        }
        b.putInt(tcp, to.ports());
        if (VnetHeader.partialChecksum(b)) {
            Checksum.updatePartial(b, tcp + TcpHeader.CHECKSUM, addresses);
        } else {
            Checksum.update(b, tcp + TcpHeader.CHECKSUM, everything);
        }
        if (VnetHeader.segmented(b)) {
            VnetHeader.headerLength(b, ip.headerLength() + TcpHeader.length(b, tcp));
        }
    }
}

package io.telepresence.rootd.stack;

import io.netty.buffer.ByteBuf;
import io.telepresence.rootd.ip.IpHeader;
import io.telepresence.rootd.ip.Tuple;
import io.telepresence.rootd.ip.UdpPackets;
import io.telepresence.rootd.ip.Unreachable;
import io.telepresence.rootd.ip.VnetHeader;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands datagrams to the host as UDP packets, cut into IP fragments where they exceed the MTU. Thread-safe. */
final class DatagramsOut {
    private static final Logger LOG = LoggerFactory.getLogger(DatagramsOut.class);

    private final LargePackets out;
    private final IcmpErrors errors;

    DatagramsOut(LargePackets out, IcmpErrors errors) {
        this.out = out;
        this.errors = errors;
    }

    /** Copies the datagram; the caller keeps it. What is too large for any UDP packet is dropped. */
    void send(Tuple tuple, ByteBuf data) {
        boolean v6 = !tuple.source().isV4();
        int length = data.readableBytes();
        if (length > UdpPackets.mostData(v6)) {
            LOG.trace("datagram of {} bytes dropped", length);
            return;
        }
        out.send(UdpPackets.dataAt(0, v6) + length, (b, at) -> put(tuple, data, b, at)
                .end());
    }

    private static IpHeader put(Tuple tuple, ByteBuf data, ByteBuffer b, int at) {
        int length = data.readableBytes();
        int start = UdpPackets.dataAt(at, !tuple.source().isV4());
        data.getBytes(data.readerIndex(), b.slice(start, length));
        return UdpPackets.wrap(b, at, tuple, length);
    }

    /** Tells the host that datagrams of this 4-tuple do not arrive. */
    void unreachable(Unreachable why, Tuple tuple) {
        ByteBuffer b = ByteBuffer.allocate(VnetHeader.LENGTH + UdpPackets.dataAt(0, true));
        IpHeader ip = UdpPackets.wrap(b, VnetHeader.LENGTH, tuple, 0);
        errors.send(why, b, ip);
    }
}

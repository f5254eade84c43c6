package io.telepresence.rootd.stack;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.telepresence.rootd.ip.Fragments;
import io.telepresence.rootd.ip.IpHeader;
import io.telepresence.rootd.ip.Tuple;
import io.telepresence.rootd.ip.UdpPackets;
import io.telepresence.rootd.ip.Unreachable;
import io.telepresence.rootd.ip.VnetHeader;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands datagrams to the host as UDP packets, cut into IP fragments where they exceed the MTU. Thread-safe. */
final class DatagramsOut {
    private static final Logger LOG = LoggerFactory.getLogger(DatagramsOut.class);

    private final PacketOut out;
    private final IcmpErrors errors;
    private final int mtu;
    private final AtomicInteger identification = new AtomicInteger();

    DatagramsOut(PacketOut out, IcmpErrors errors, int mtu) {
        this.out = out;
        this.errors = errors;
        this.mtu = mtu;
    }

    /** Copies the datagram; the caller keeps it. What is too large for any UDP packet is dropped. */
    void send(Tuple tuple, ByteBuf data) {
        boolean v6 = !tuple.source().isV4();
        int length = data.readableBytes();
        if (length > UdpPackets.mostData(v6)) {
            LOG.trace("datagram of {} bytes dropped", length);
            return;
        }
        int start = UdpPackets.dataAt(0, v6);
        if (start + length > mtu) {
            sendInPieces(tuple, data, start + length);
            return;
        }
        out.send(start + length, (b, at) -> put(tuple, data, b, at).end());
    }

    private static IpHeader put(Tuple tuple, ByteBuf data, ByteBuffer b, int at) {
        int length = data.readableBytes();
        int start = UdpPackets.dataAt(at, !tuple.source().isV4());
        data.getBytes(data.readerIndex(), b.slice(start, length));
        return UdpPackets.wrap(b, at, tuple, length);
    }

    private void sendInPieces(Tuple tuple, ByteBuf data, int room) {
        int pieceRoom = VnetHeader.LENGTH + mtu;
        ByteBuf both = ByteBufAllocator.DEFAULT.directBuffer(room + pieceRoom);
        try {
            ByteBuffer whole = both.nioBuffer(0, room);
            ByteBuffer piece = both.nioBuffer(room, pieceRoom);
            VnetHeader.clear(piece);
            IpHeader ip = put(tuple, data, whole, 0);
            int id = identification.incrementAndGet();
            Fragments.cut(whole, ip, mtu, id, piece, VnetHeader.LENGTH, end -> out.send(piece, end));
        } finally {
            both.release();
        }
    }

    /** Tells the host that datagrams of this 4-tuple do not arrive. */
    void unreachable(Unreachable why, Tuple tuple) {
        ByteBuffer b = ByteBuffer.allocate(VnetHeader.LENGTH + UdpPackets.dataAt(0, true));
        IpHeader ip = UdpPackets.wrap(b, VnetHeader.LENGTH, tuple, 0);
        errors.send(why, b, ip);
    }
}

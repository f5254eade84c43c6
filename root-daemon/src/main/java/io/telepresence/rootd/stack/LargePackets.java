package io.telepresence.rootd.stack;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.telepresence.rootd.ip.Fragments;
import io.telepresence.rootd.ip.IpHeader;
import io.telepresence.rootd.ip.VnetHeader;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/** Hands packets to the host, cut into IP fragments where they exceed the MTU. Thread-safe. */
final class LargePackets {
    private final PacketOut out;
    private final int mtu;
    private final AtomicInteger identification = new AtomicInteger();

    LargePackets(PacketOut out, int mtu) {
        this.out = out;
        this.mtu = mtu;
    }

    /** @param length of the packet, with its IP header */
    void send(int length, PacketOut.Maker maker) {
        if (length <= mtu) {
            out.send(length, maker);
            return;
        }
        int pieceRoom = VnetHeader.LENGTH + mtu;
        ByteBuf both = ByteBufAllocator.DEFAULT.directBuffer(length + pieceRoom);
        try {
            ByteBuffer whole = both.nioBuffer(0, length);
            ByteBuffer piece = both.nioBuffer(length, pieceRoom);
            VnetHeader.clear(piece);
            IpHeader ip = IpHeader.parse(whole, 0, maker.make(whole, 0));
            int id = identification.incrementAndGet();
            Fragments.cut(whole, ip, mtu, id, piece, VnetHeader.LENGTH, end -> out.send(piece, end));
        } finally {
            both.release();
        }
    }
}

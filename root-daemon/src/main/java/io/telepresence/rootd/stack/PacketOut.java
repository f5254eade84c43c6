package io.telepresence.rootd.stack;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.telepresence.rootd.ip.VnetHeader;
import io.telepresence.rootd.tun.Tun;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way to the host, for every thread. What the host refuses is dropped, like on any network. */
final class PacketOut {
    private static final Logger LOG = LoggerFactory.getLogger(PacketOut.class);

    private final Tun tun;

    PacketOut(Tun tun) {
        this.tun = tun;
    }

    /** Writes one packet into {@code b} from {@code at} on and returns where it ends. */
    @FunctionalInterface
    interface Maker {
        int make(ByteBuffer b, int at);
    }

    /** Hands over a packet that stands in {@code b}, virtio-net header included, and ends at {@code end}. */
    void send(ByteBuffer b, int end) {
        try {
            tun.write(b, end);
        } catch (IOException e) {
            LOG.trace("packet of {} bytes not taken: {}", end, e.getMessage());
        }
    }

    /** Makes a packet without offload and hands it over; {@code room} is the most bytes of IP that it may have. */
    void send(int room, Maker maker) {
        ByteBuf buffer = ByteBufAllocator.DEFAULT.directBuffer(VnetHeader.LENGTH + room);
        try {
            ByteBuffer b = buffer.nioBuffer(0, VnetHeader.LENGTH + room);
            VnetHeader.clear(b);
            send(b, maker.make(b, VnetHeader.LENGTH));
        } finally {
            buffer.release();
        }
    }
}

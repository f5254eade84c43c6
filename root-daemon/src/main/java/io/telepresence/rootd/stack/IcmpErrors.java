package io.telepresence.rootd.stack;

import io.telepresence.rootd.ip.IcmpPackets;
import io.telepresence.rootd.ip.IpAddress;
import io.telepresence.rootd.ip.IpHeader;
import io.telepresence.rootd.ip.Unreachable;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Tells the host that a packet of it could not be delivered, within the limits of RFC 1122 section 3.2.2 and of a rate.
 * Thread-safe.
 */
final class IcmpErrors {
    static final int PER_SECOND = 1000;

    private static final int MOST_BYTES = 1280;

    private final PacketOut out;
    private final LongSupplier nanoClock;
    private long secondStart;
    private int sentThisSecond;

    IcmpErrors(PacketOut out, LongSupplier nanoClock) {
        this.out = out;
        this.nanoClock = nanoClock;
        this.secondStart = nanoClock.getAsLong();
    }

    /** Sends an error about the packet in {@code b}, as if its destination had said so. */
    void send(Unreachable why, ByteBuffer b, IpHeader ip) {
        IpAddress destination = ip.destination(b);
        boolean about = ip.fragmentOffset() == 0 && ip.source(b).isOrdinary() && destination.isOrdinary();
        if (about && mayBeSent()) {
            out.send(MOST_BYTES, (packet, at) -> IcmpPackets.unreachable(packet, at, why, destination, b, ip));
        }
    }

    private synchronized boolean mayBeSent() {
        long now = nanoClock.getAsLong();
        if (now - secondStart >= TimeUnit.SECONDS.toNanos(1)) {
            secondStart = now;
            sentThisSecond = 0;
        }
        return sentThisSecond++ < PER_SECOND;
    }
}

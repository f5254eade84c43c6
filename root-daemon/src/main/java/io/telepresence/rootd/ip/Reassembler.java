package io.telepresence.rootd.ip;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Puts fragmented UDP and ICMP packets together again (RFC 791 section 3.2, RFC 8200 section 4.5). Remembers a bounded number of
 * unfinished packets, each for a bounded time. One thread only.
 */
public final class Reassembler {
    static final int MOST = 32;
    static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(15);

    private static final int LARGEST = 65_535;

    private final Map<Key, Partial> partials = new LinkedHashMap<>();

    private record Key(IpAddress source, IpAddress destination, int protocol, int identification) {}

    /** A whole packet, without virtio-net header, in a buffer of its own. */
    public record Whole(ByteBuffer bytes, IpHeader ip) {}

    /** Takes a fragment; returns the packet that it completes, or null. */
    public Whole add(ByteBuffer b, IpHeader ip, long nowNanos) {
        partials.values().removeIf(partial -> nowNanos - partial.startNanos > PATIENCE_NANOS);
        boolean known = ip.protocol() == IpHeader.UDP || IcmpPackets.isIcmp(ip);
        if (!known || ip.fragmentOffset() + ip.payloadLength() > LARGEST) {
            return null;
        }
        if (ip.moreFragments() && (ip.payloadLength() & 7) != 0 || ip.v6() && !fragmentHeaderIsLast(b, ip)) {
            return null;
        }
        var key = new Key(ip.source(b), ip.destination(b), ip.protocol(), identification(b, ip));
        Partial partial = partials.get(key);
        if (partial == null) {
            dropOldestIfFull();
            partial = new Partial(nowNanos);
            partials.put(key, partial);
        }
        partial.add(b, ip);
        if (!partial.isComplete()) {
            return null;
        }
        partials.remove(key);
        return partial.whole(key);
    }

    private void dropOldestIfFull() {
        if (partials.size() >= MOST) {
            partials.remove(partials.keySet().iterator().next());
        }
    }

    private static boolean fragmentHeaderIsLast(ByteBuffer b, IpHeader ip) {
        int header = ip.payload() - 8;
        return header >= ip.at() + IpHeader.V6_LENGTH
                && (b.get(header) & 0xff) == ip.protocol()
                && (b.getShort(header + 2) & 0xfff9) == ip.fragment();
    }

    private static int identification(ByteBuffer b, IpHeader ip) {
        return ip.v6() ? b.getInt(ip.payload() - 4) : b.getShort(ip.at() + 4) & 0xffff;
    }

    /** What has come of one packet. */
    private static final class Partial {
        final long startNanos;
        private final BitSet blocks = new BitSet();
        private ByteBuffer payload = ByteBuffer.allocate(4096);
        private int length = -1;

        Partial(long startNanos) {
            this.startNanos = startNanos;
        }

        void add(ByteBuffer b, IpHeader ip) {
            int from = ip.fragmentOffset();
            int to = from + ip.payloadLength();
            grow(to);
            payload.put(from, b, ip.payload(), ip.payloadLength());
            blocks.set(from >>> 3, to + 7 >>> 3);
            if (!ip.moreFragments()) {
                length = to;
            }
        }

        private void grow(int needed) {
            if (needed > payload.capacity()) {
                ByteBuffer larger = ByteBuffer.allocate(Math.max(needed, Math.min(2 * payload.capacity(), LARGEST)));
                larger.put(0, payload, 0, payload.capacity());
                payload = larger;
            }
        }

        boolean isComplete() {
            return length >= 0 && blocks.nextClearBit(0) >= length + 7 >>> 3;
        }

        Whole whole(Key key) {
            int room = IpWriter.headerLength(!key.source.isV4()) + length;
            ByteBuffer bytes = ByteBuffer.allocate(room);
            IpHeader ip = IpWriter.write(bytes, 0, key.source, key.destination, key.protocol, length);
            bytes.put(ip.payload(), payload, 0, length);
            return new Whole(bytes, ip);
        }
    }
}

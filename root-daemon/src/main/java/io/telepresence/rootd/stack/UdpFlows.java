package io.telepresence.rootd.stack;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.telepresence.agree.Transport;
import io.telepresence.rootd.ip.IpHeader;
import io.telepresence.rootd.ip.Tuple;
import io.telepresence.rootd.ip.UdpHeader;
import io.telepresence.rootd.ip.Unreachable;
import io.telepresence.rootd.ip.VnetHeader;
import io.telepresence.tunnel.ResetReason;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One flow for each UDP 4-tuple; one datagram is one data frame. A flow ends when no datagram has passed for a while, or
 * when the far end cuts it. Datagrams that find no room are dropped.
 */
final class UdpFlows {
    static final int MOST = 8192;
    static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);
    static final long DNS_IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final int DNS = 53;
    private static final Logger LOG = LoggerFactory.getLogger(UdpFlows.class);

    private final TupleTable<UdpFlow> flows = new TupleTable<>();
    private final AtomicLong total = new AtomicLong();
    private final Uplink uplink;
    private final DatagramsOut out;
    private final LongSupplier nanoClock;

    UdpFlows(Uplink uplink, DatagramsOut out, LongSupplier nanoClock) {
        this.uplink = uplink;
        this.out = out;
        this.nanoClock = nanoClock;
    }

    /** Takes a whole packet that starts with its virtio-net header; the datagram is copied. Packet reader only. */
    void handle(ByteBuffer b, IpHeader ip) {
        if (UdpHeader.isWhole(b, ip) && (VnetHeader.trusted(b) || UdpHeader.isIntact(b, ip))) {
            accept(b, ip);
        }
    }

    /** The same for a packet that was put together of fragments, and has no virtio-net header. */
    void handleWhole(ByteBuffer b, IpHeader ip) {
        if (UdpHeader.isWhole(b, ip) && UdpHeader.isIntact(b, ip)) {
            accept(b, ip);
        }
    }

    private void accept(ByteBuffer b, IpHeader ip) {
        Tuple tuple = Tuple.read(b, ip);
        UdpFlow flow = flows.get(tuple);
        if (flow == null) {
            flow = open(tuple);
        }
        if (flow != null && flow.session().mayOffer()) {
            int length = UdpHeader.length(b, ip.payload()) - UdpHeader.LENGTH;
            ByteBuf data = ByteBufAllocator.DEFAULT.directBuffer(Math.max(length, 1));
            data.writeBytes(b.slice(ip.payload() + UdpHeader.LENGTH, length));
            flow.session().offer(data);
        }
    }

    private UdpFlow open(Tuple tuple) {
        if (flows.size() >= MOST) {
            return null;
        }
        var flow = new UdpFlow(tuple, out, nanoClock, flows::remove);
        flows.put(tuple, flow);
        total.incrementAndGet();
        try {
            flow.session().through(uplink.open(HeldSyns.flowKey(Transport.UDP, tuple), flow.session()));
        } catch (RuntimeException e) {
            LOG.debug("{} not opened: {}", tuple, e.toString());
            flows.remove(tuple, flow);
            out.unreachable(Unreachable.HOST, tuple);
            return null;
        }
        return flow;
    }

    /** Ends the flows that have been idle for long enough. */
    void sweep(long nowNanos) {
        flows.forEach(flow -> {
            long most = flow.tuple().destinationPort() == DNS ? DNS_IDLE_NANOS : IDLE_NANOS;
            if (flow.session().idleNanos(nowNanos) > most) {
                flow.session().end(ResetReason.TIMED_OUT, "no datagram for a while");
            }
        });
    }

    void close() {
        flows.forEach(flow -> flow.session().end(ResetReason.ABORTED, "the root daemon ends the session"));
    }

    /** Flows that are open or being opened. */
    int open() {
        return flows.size();
    }

    /** Flows since the start. */
    long total() {
        return total.get();
    }
}

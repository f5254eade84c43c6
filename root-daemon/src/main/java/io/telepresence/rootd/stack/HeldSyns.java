package io.telepresence.rootd.stack;

import io.netty.buffer.ByteBuf;
import io.telepresence.agree.Transport;
import io.telepresence.rootd.ip.IpHeader;
import io.telepresence.rootd.ip.TcpHeader;
import io.telepresence.rootd.ip.TcpPackets;
import io.telepresence.rootd.ip.Tuple;
import io.telepresence.rootd.ip.Unreachable;
import io.telepresence.rootd.ip.VnetHeader;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReason;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Keeps the first SYN of each connection until the far end has dialled, so that the program learns the truth: connected,
 * refused, or unreachable. "Refused" (a reset) is said only where the far end has dialled and was refused; whatever else
 * keeps a connection from being opened, the tunnel above all, is an ICMP error. A SYN above the bound is dropped, as by a
 * listener whose backlog is full.
 */
final class HeldSyns {
    static final int MOST = 4096;

    private static final Logger LOG = LoggerFactory.getLogger(HeldSyns.class);

    private final NatTable nat;
    private final Uplink uplink;
    private final PacketOut out;
    private final IcmpErrors errors;
    private final LongSupplier nanoClock;
    private final AtomicInteger held = new AtomicInteger();

    HeldSyns(NatTable nat, Uplink uplink, PacketOut out, IcmpErrors errors, LongSupplier nanoClock) {
        this.nat = nat;
        this.uplink = uplink;
        this.out = out;
        this.errors = errors;
        this.nanoClock = nanoClock;
    }

    /** Takes a copy of the SYN in {@code b} and has its destination dialled. Called by the packet reader only. */
    void hold(Tuple app, ByteBuffer b, IpHeader ip) {
        if (held.get() >= MOST) {
            return;
        }
        int sequence = TcpHeader.sequence(b, ip.payload());
        NatEntry connection = nat.add(app, sequence, nanoClock.getAsLong());
        if (connection == null) {
            return;
        }
        byte[] syn = new byte[ip.end()];
        b.get(0, syn);
        held.incrementAndGet();
        Dialling dialling = new Dialling(connection, syn);
        FlowKey key = flowKey(Transport.TCP, app);
        try {
            connection.flow(uplink.open(key, dialling));
        } catch (RuntimeException e) {
            dialling.notOpened(key, ResetReason.UNREACHABLE, e.toString());
        }
    }

    static FlowKey flowKey(Transport protocol, Tuple tuple) {
        return new FlowKey(
                protocol,
                new InetSocketAddress(tuple.source().toInet(), tuple.sourcePort()),
                new InetSocketAddress(tuple.destination().toInet(), tuple.destinationPort()));
    }

    /** SYNs that wait now. */
    int held() {
        return held.get();
    }

    /** Hears of the dialling; once the listener has accepted, another handler takes over. Loop of the flow only. */
    private final class Dialling implements FlowHandler {
        private final NatEntry connection;
        private byte[] syn;

        Dialling(NatEntry connection, byte[] syn) {
            this.connection = connection;
            this.syn = syn;
        }

        @Override
        public void onOpened(Flow flow) {
            connection.flow(flow);
            byte[] packet = release();
            if (packet != null && connection.letIn(nanoClock.getAsLong())) {
                inject(packet);
            } else {
                flow.reset(ResetReason.ABORTED, "the program gave up");
            }
        }

        @Override
        public void onReset(Flow flow, ResetReason why, String text) {
            notOpened(flow.key(), why, text);
        }

        void notOpened(FlowKey key, ResetReason why, String text) {
            // What is forbidden stays so: whoever wonders why finds it in the log.
            LOG.atLevel(why == ResetReason.DENIED ? Level.INFO : Level.DEBUG)
                    .log("{} not opened: {} {}", key, why, text);
            byte[] packet = release();
            if (packet != null && connection.state() == NatEntry.State.DIALLING) {
                nat.remove(connection);
                refuse(packet, why);
            }
        }

        /** The flow ended before the listener accepted: accepting finds the connection over, and resets it. */
        @Override
        public void onClosed(Flow flow) {
            boolean neverLetIn = release() != null || connection.state() == NatEntry.State.DIALLING;
            connection.close(nanoClock.getAsLong());
            if (neverLetIn) {
                nat.remove(connection);
            }
        }

        @Override
        public void onData(Flow flow, ByteBuf data) {
            data.release(); // none was asked for
        }

        @Override
        public void onFinished(Flow flow) {
            flow.reset(ResetReason.ABORTED, "finished before it was asked for anything");
        }

        /** The held SYN, the first time. */
        private byte[] release() {
            byte[] packet = syn;
            syn = null;
            if (packet != null) {
                held.decrementAndGet();
            }
            return packet;
        }

        private void inject(byte[] packet) {
            out.send(packet.length - VnetHeader.LENGTH, (b, at) -> {
                b.put(0, packet);
                connection.redirection().forward().apply(b, IpHeader.parse(b, at, packet.length));
                return packet.length;
            });
        }

        private void refuse(byte[] packet, ResetReason why) {
            ByteBuffer b = ByteBuffer.wrap(packet);
            IpHeader ip = IpHeader.parse(b, VnetHeader.LENGTH, packet.length);
            switch (why) {
                case REFUSED -> out.send(TcpPackets.RESET_ROOM, (to, at) -> TcpPackets.reset(to, at, b, ip));
                case DENIED -> errors.send(Unreachable.PROHIBITED, b, ip);
                case UNREACHABLE, TIMED_OUT, NO_CLIENT, ABORTED, UNSPECIFIED -> errors.send(Unreachable.HOST, b, ip);
            }
        }
    }
}

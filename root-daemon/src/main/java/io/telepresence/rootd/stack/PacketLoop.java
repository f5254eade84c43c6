package io.telepresence.rootd.stack;

import io.telepresence.rootd.ip.IcmpPackets;
import io.telepresence.rootd.ip.IpAddress;
import io.telepresence.rootd.ip.IpHeader;
import io.telepresence.rootd.ip.Reassembler;
import io.telepresence.rootd.ip.TcpHeader;
import io.telepresence.rootd.ip.Unreachable;
import io.telepresence.rootd.ip.VnetHeader;
import io.telepresence.rootd.tun.Tun;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads packets and gives each to who knows its protocol. It never waits for anything but the next packet: who needs
 * time takes a copy.
 */
final class PacketLoop {
    private static final Logger LOG = LoggerFactory.getLogger(PacketLoop.class);

    private final TcpRedirect tcp;
    private final UdpFlows udp;
    private final IcmpEcho echo;
    private final IcmpErrors errors;
    private final LongSupplier nanoClock;
    private final Reassembler reassembler = new Reassembler();
    private boolean complained;

    PacketLoop(TcpRedirect tcp, UdpFlows udp, IcmpEcho echo, IcmpErrors errors, LongSupplier nanoClock) {
        this.tcp = tcp;
        this.udp = udp;
        this.echo = echo;
        this.errors = errors;
        this.nanoClock = nanoClock;
    }

    /** Returns once the device has been closed. */
    void run(Tun tun) throws IOException {
        ByteBuffer b = ByteBuffer.allocateDirect(Tun.MAX_PACKET);
        for (int length = tun.read(b); length >= 0; length = tun.read(b)) {
            try {
                handle(b, length);
            } catch (RuntimeException e) {
                complain(e);
            }
        }
    }

    /** A packet that we cannot digest must not stop the others; the first one is told with its trace. */
    private void complain(RuntimeException e) {
        if (complained) {
            LOG.debug("packet dropped: {}", e.toString());
        } else {
            complained = true;
            LOG.error("packet dropped, more of the kind are logged as DEBUG", e);
        }
    }

    /** Handles the packet of {@code length} bytes that starts with its virtio-net header; may change it. */
    void handle(ByteBuffer b, int length) {
        IpHeader ip = IpHeader.parse(b, VnetHeader.LENGTH, length);
        if (ip == null || !isForUs(ip, ip.source(b)) || !isForUs(ip, ip.destination(b))) {
            return;
        }
        if (ip.isFragment()) {
            fragment(b, ip);
        } else if (ip.protocol() == IpHeader.TCP) {
            if (TcpHeader.isWhole(b, ip)) {
                tcp.handle(b, ip);
            }
        } else if (ip.protocol() == IpHeader.UDP) {
            udp.handle(b, ip);
        } else if (!IcmpPackets.isIcmp(ip)) {
            errors.send(Unreachable.PROTOCOL, b, ip);
        } else if (IcmpPackets.isEchoRequest(b, ip)) {
            echo.handle(b, ip);
        }
    }

    /** Multicast and link-local chatter of the host itself stays here, and IPv4 addresses in IPv6 packets are lies. */
    private static boolean isForUs(IpHeader ip, IpAddress address) {
        return address.isOrdinary() && address.isV4() != ip.v6();
    }

    private void fragment(ByteBuffer b, IpHeader ip) {
        Reassembler.Whole whole = reassembler.add(b, ip, nanoClock.getAsLong());
        if (whole == null) {
            return;
        }
        if (whole.ip().protocol() == IpHeader.UDP) {
            udp.handleWhole(whole.bytes(), whole.ip());
        } else if (IcmpPackets.isEchoRequest(whole.bytes(), whole.ip())) {
            echo.handle(whole.bytes(), whole.ip());
        }
    }
}

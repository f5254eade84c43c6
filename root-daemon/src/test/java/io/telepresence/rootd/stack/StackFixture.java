package io.telepresence.rootd.stack;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.rootd.ip.Fragments;
import io.telepresence.rootd.ip.IpHeader;
import io.telepresence.rootd.ip.Reassembler;
import io.telepresence.rootd.ip.TestPackets;
import io.telepresence.rootd.ip.Tuple;
import io.telepresence.rootd.ip.VnetHeader;
import io.telepresence.rootd.tun.MemoryTun;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;

/**
 * The whole packet path without threads, sockets and real time: the test is host, clock and far end. The listener's port
 * is 7000 on 198.18.0.1 and fd77::1; .2 and .3 are spare.
 */
final class StackFixture implements Uplink {
    static final int PORT = 7000;
    static final int MTU = 1500;

    final List<FakeFlow> flows = new ArrayList<>();
    final List<CompletableFuture<Boolean>> pings = new ArrayList<>();
    final NatTable nat;
    final UdpFlows udp;
    final HeldSyns heldSyns;
    long now = 1_000_000_000_000L;

    /** Whether asking the tunnel for anything throws, as it does once its event loops have ended. */
    boolean tunnelEnded;

    private final MemoryTun tun = new MemoryTun();
    private final PacketLoop packets;

    StackFixture() {
        nat = new NatTable(family("198.18.0.", ""), family("fd77::", ""));
        var out = new PacketOut(tun);
        var errors = new IcmpErrors(out, () -> now);
        heldSyns = new HeldSyns(nat, this, out, errors, () -> now);
        LargePackets large = new LargePackets(out, MTU);
        udp = new UdpFlows(this, new DatagramsOut(large, errors), () -> now);
        packets = new PacketLoop(
                new TcpRedirect(nat, heldSyns, out, () -> now),
                udp,
                new IcmpEcho(this, large, errors),
                errors,
                () -> now);
    }

    private static Optional<NatFamily> family(String prefix, String suffix) {
        var spares = List.of(
                new NatAddress(TestPackets.ip(prefix + "2" + suffix)),
                new NatAddress(TestPackets.ip(prefix + "3" + suffix)));
        return Optional.of(new NatFamily(TestPackets.ip(prefix + "1" + suffix), PORT, spares));
    }

    /** The host sends a packet into the device. */
    void fromHost(byte[] packet) {
        ByteBuffer b = ByteBuffer.allocateDirect(70_000);
        b.put(0, packet);
        packets.handle(b, packet.length);
    }

    /** The host sends a packet that is larger than its MTU. */
    void fromHostInFragments(byte[] packet) {
        ByteBuffer piece = ByteBuffer.allocate(VnetHeader.LENGTH + MTU);
        Fragments.cut(
                ByteBuffer.wrap(packet),
                header(packet),
                MTU,
                5,
                piece,
                VnetHeader.LENGTH,
                end -> fromHost(Arrays.copyOf(piece.array(), end)));
    }

    /** The fragments that came out of the device, put together; null: they are no whole packet. */
    Reassembler.Whole reassembled() {
        var reassembler = new Reassembler();
        Reassembler.Whole whole = null;
        for (byte[] part = toHost(); part != null; part = toHost()) {
            assertTrue(part.length <= VnetHeader.LENGTH + MTU);
            whole = reassembler.add(ByteBuffer.wrap(part), header(part), 0);
        }
        return whole;
    }

    /** What came out of the device; null: nothing. */
    byte[] toHost() {
        return tun.toHostNow();
    }

    FakeFlow lastFlow() {
        return flows.getLast();
    }

    @Override
    public Flow open(FlowKey key, FlowHandler handler) {
        throwIfEnded();
        var flow = new FakeFlow(key, handler);
        flows.add(flow);
        return flow;
    }

    @Override
    public CompletionStage<Boolean> ping(InetAddress target, Duration within) {
        throwIfEnded();
        var answer = new CompletableFuture<Boolean>();
        pings.add(answer);
        return answer;
    }

    private void throwIfEnded() {
        if (tunnelEnded) {
            throw new RejectedExecutionException("event loop shut down");
        }
    }

    static IpHeader header(byte[] packet) {
        return IpHeader.parse(ByteBuffer.wrap(packet), 10, packet.length);
    }

    static Tuple tuple(byte[] packet) {
        return Tuple.read(ByteBuffer.wrap(packet), header(packet));
    }

    /** The program's connections of the tests, one for each address family. */
    static List<Tuple> apps() {
        return List.of(
                TestPackets.tuple("198.18.0.1", 40_000, "10.96.3.7", 80),
                TestPackets.tuple("fd77::1", 40_000, "fd00:96::7", 80));
    }
}

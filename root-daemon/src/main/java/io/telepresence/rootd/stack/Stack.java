package io.telepresence.rootd.stack;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.telepresence.local.Loops;
import io.telepresence.rootd.tun.Tun;
import io.telepresence.run.Closers;
import io.telepresence.run.Threads;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running packet path between one TUN device and the tunnel. {@link #open} starts it; {@link #close} stops its
 * threads, resets its flows and closes the device. Every method may be called from any thread.
 */
public final class Stack implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Stack.class);
    private static final Duration SWEEP = Duration.ofSeconds(2);

    private final NatTable nat;
    private final UdpFlows udp;
    private final Closers opened;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /**
     * What went through so far.
     *
     * @param openFlows TCP connections and UDP mappings that are open now, those still being dialled included
     * @param totalFlows those opened since the start
     */
    public record Stats(int openFlows, long totalFlows) {}

    private Stack(NatTable nat, UdpFlows udp, Closers opened) {
        this.nat = nat;
        this.udp = udp;
        this.opened = opened;
    }

    /**
     * Starts to read packets. The device must be up and have the own addresses of {@code config}; it belongs to the
     * stack from now on, even if this call fails.
     *
     * @throws IOException if a listener cannot be bound to an own address
     */
    public static Stack open(Tun tun, StackConfig config, Uplink uplink) throws IOException {
        var opened = new Closers();
        try {
            return open(tun, config, uplink, opened);
        } catch (IOException | RuntimeException e) {
            opened.closeAfter(e);
            tun.close();
            throw e;
        }
    }

    private static Stack open(Tun tun, StackConfig config, Uplink uplink, Closers opened) throws IOException {
        LongSupplier clock = System::nanoTime;
        EventLoopGroup group = Loops.create("stack-" + tun.name(), 1);
        opened.add(() -> Loops.shutdown(group));
        EventLoop loop = group.next();

        var v4 = listen(loop, config.v4(), opened);
        var v6 = listen(loop, config.v6(), opened);
        var nat = new NatTable(v4.map(Listening::family), v6.map(Listening::family));
        v4.ifPresent(each -> each.listener().start(nat, clock));
        v6.ifPresent(each -> each.listener().start(nat, clock));

        var out = new PacketOut(tun);
        var errors = new IcmpErrors(out, clock);
        var heldSyns = new HeldSyns(nat, uplink, out, errors, clock);
        var large = new LargePackets(out, config.mtu());
        var udp = new UdpFlows(uplink, new DatagramsOut(large, errors), clock);
        var packets = new PacketLoop(
                new TcpRedirect(nat, heldSyns, out, clock), udp, new IcmpEcho(uplink, large, errors), errors, clock);

        Loops.repeat(loop, SWEEP, () -> nat.sweep(clock.getAsLong()));
        Loops.repeat(loop, SWEEP, () -> udp.sweep(clock.getAsLong()));
        var stack = new Stack(nat, udp, opened);
        stack.start(tun, packets);
        return stack;
    }

    private record Listening(FlowListener listener, NatFamily family) {}

    private static Optional<Listening> listen(EventLoop loop, Optional<StackConfig.Own> own, Closers opened)
            throws IOException {
        if (own.isEmpty()) {
            return Optional.empty();
        }
        var listener = opened.add(FlowListener.bind(loop, own.get().address()));
        return Optional.of(new Listening(listener, NatFamily.of(own.get(), listener.port())));
    }

    private void start(Tun tun, PacketLoop packets) {
        opened.add(this::cutFlows);
        Thread reader = Threads.platform("tun-" + tun.name(), () -> read(tun, packets));
        opened.add(() -> {
            tun.close();
            reader.join(TimeUnit.SECONDS.toMillis(2));
        });
    }

    private void read(Tun tun, PacketLoop packets) {
        try {
            packets.run(tun);
            ended.complete(null);
        } catch (IOException e) {
            LOG.error("the device {} is lost", tun.name(), e);
            ended.completeExceptionally(e);
        } finally {
            ended.completeExceptionally(new IOException("the packet reader of " + tun.name() + " ended"));
        }
    }

    private void cutFlows() {
        nat.forEach(connection -> {
            if (!connection.isOver()) {
                connection.abort("the root daemon ends the session");
            }
        });
        udp.close();
    }

    public Stats stats() {
        return new Stats(nat.open() + udp.open(), nat.total() + udp.total());
    }

    /** Completes once the stack has been closed; exceptionally if the device was lost under it. */
    public CompletionStage<Void> ended() {
        return ended.minimalCompletionStage();
    }

    @Override
    public void close() throws IOException {
        try {
            opened.close();
        } catch (Exception e) {
            throw new IOException("closing the packet path: " + e.getMessage(), e);
        }
    }
}

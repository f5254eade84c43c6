package io.telepresence.tunnel.pool;

import io.grpc.ManagedChannel;
import io.netty.channel.EventLoopGroup;
import io.telepresence.local.Loops;
import io.telepresence.run.Backoff;
import io.telepresence.run.Threads;
import io.telepresence.run.Watched;
import io.telepresence.tunnel.grpc.Carrier;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several carriers to one peer: the first for control and DNS, the others for flows, so that bulk data never delays a
 * heartbeat of the control carrier. Each has a thread that beats every five seconds through the data path; after two
 * misses in a row the carrier is closed, its flows are reset, and a new one on the same loop is tried with growing waits. One that has not
 * answered yet gets more time: the road to the peer may be slow to make.
 */
public final class Carriers implements AutoCloseable {
    /** Time between two heartbeats of one carrier. */
    public static final Duration BEAT = Duration.ofSeconds(5);

    private static final int MISSES = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(Carriers.class);

    private final List<Slot> slots = new ArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Watched<Boolean> up = new Watched<>(false);

    private final Duration patience;
    private final Duration pause;

    private Carriers(Duration patience, Duration pause) {
        this.patience = patience;
        this.pause = pause;
    }

    /** A call that must come back through the channel within the deadline; throws when it does not. */
    @FunctionalInterface
    public interface Heartbeat {
        /** Blocks; called on a virtual thread. */
        void beat(ManagedChannel channel, Duration deadline) throws Exception;
    }

    /**
     * Opens {@code 1 + flowCarriers} carriers without waiting for them; each may take ten seconds to answer first.
     *
     * @param name prefix of thread names
     * @param flowCarriers how many to spread flows over, at least 1
     */
    public static Carriers open(String name, SocketAddress address, int flowCarriers, Heartbeat heartbeat) {
        return open(name, address, flowCarriers, PATIENCE, heartbeat);
    }

    /** @param patience how long a new carrier may take until it answers for the first time */
    public static Carriers open(
            String name, SocketAddress address, int flowCarriers, Duration patience, Heartbeat heartbeat) {
        return open(name, address, flowCarriers, patience, heartbeat, BEAT);
    }

    /** @param pause between two heartbeats */
    static Carriers open(
            String name,
            SocketAddress address,
            int flowCarriers,
            Duration patience,
            Heartbeat heartbeat,
            Duration pause) {
        Carriers carriers = new Carriers(patience, pause);
        for (int i = 0; i <= flowCarriers; i++) {
            Slot slot = carriers.new Slot(name + "-" + i, address, heartbeat);
            carriers.slots.add(slot);
        }
        carriers.slots.forEach(slot -> Threads.virtual("beat-" + slot.name, slot::run));
        return carriers;
    }

    /** For calls and DNS; never used for flows. */
    public Carrier control() {
        return slots.getFirst().carrier();
    }

    /** The flow carrier with the fewest open flows, preferring those that answered their last heartbeat. */
    public Carrier pick() {
        Slot best = slots.get(1);
        for (Slot slot : slots.subList(2, slots.size())) {
            boolean better = slot.alive == best.alive
                    ? slot.carrier().flows() < best.carrier().flows()
                    : slot.alive;
            if (better) {
                best = slot;
            }
        }
        return best.carrier();
    }

    /** Whether the control carrier answered its last heartbeat. */
    public Watched<Boolean> up() {
        return up;
    }

    /**
     * Completes once a carrier for flows has answered a heartbeat that begins after this call, on the thread of its
     * heartbeats: what is given to it then need not wait for a connection. Fails once this is closed.
     */
    public CompletableFuture<Void> answers() {
        CompletableFuture<Void> first = new CompletableFuture<>();
        slots.subList(1, slots.size()).forEach(slot -> slot.ask(first));
        return first;
    }

    /** Open flows on all carriers. */
    public int flows() {
        return slots.stream().mapToInt(slot -> slot.carrier().flows()).sum();
    }

    /** Beats at once on all carriers, for example after the clock jumped. */
    public void beatNow() {
        slots.forEach(Slot::wake);
    }

    /** All at once: takes as long as the slowest carrier. */
    @Override
    public void close() {
        closed.countDown();
        CountDownLatch open = new CountDownLatch(slots.size());
        for (Slot slot : slots) {
            Threads.virtual("close-" + slot.name, () -> {
                try {
                    slot.close();
                } finally {
                    open.countDown();
                }
            });
        }
        try {
            if (!open.await(Carrier.CLOSING.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("{} carriers take long to close; going on without", open.getCount());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Slot {
        private final String name;
        private final SocketAddress address;
        private final Heartbeat heartbeat;
        /** Of all carriers of this slot, one after the other. */
        private final EventLoopGroup loops;

        private final Backoff backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5));
        private Carrier carrier;
        private CountDownLatch wake = new CountDownLatch(1);
        /** Who waits for the answer to a heartbeat that has not begun yet. */
        private List<CompletableFuture<Void>> asking = new ArrayList<>();

        private volatile boolean alive;
        private boolean answered;
        private boolean over;
        private long openedNanos = System.nanoTime();

        Slot(String name, SocketAddress address, Heartbeat heartbeat) {
            this.name = name;
            this.address = address;
            this.heartbeat = heartbeat;
            this.loops = Loops.create(name, 1);
            this.carrier = Carrier.on(loops, address);
        }

        synchronized Carrier carrier() {
            return carrier;
        }

        void close() {
            Carrier last;
            synchronized (this) {
                wake.countDown();
                last = carrier;
            }
            last.close();
            Loops.shutdown(loops);
        }

        synchronized void wake() {
            wake.countDown();
        }

        synchronized void ask(CompletableFuture<Void> answer) {
            asking.add(answer);
            if (over) {
                refuse();
            } else {
                wake();
            }
        }

        private synchronized void refuse() {
            over = true;
            asking.forEach(answer -> answer.completeExceptionally(new IOException("the carriers are closed")));
            asking.clear();
        }

        /** Who wakes or asks from now on wants a beat that begins later than the next one. */
        private synchronized List<CompletableFuture<Void>> begin() {
            wake = new CountDownLatch(1);
            List<CompletableFuture<Void>> waiting = asking;
            asking = new ArrayList<>();
            return waiting;
        }

        void run() {
            int misses = 0;
            while (closed.getCount() > 0) {
                List<CompletableFuture<Void>> waiting = begin();
                misses = beat() ? 0 : misses + 1;
                if (misses == 0) {
                    waiting.forEach(answer -> answer.complete(null));
                } else {
                    synchronized (this) {
                        asking.addAll(waiting);
                    }
                }
                answered |= misses == 0;
                if (misses >= MISSES && (answered || tooLong())) {
                    renew();
                    misses = 1;
                }
                pause(misses == 0 ? pause : backoff.next());
            }
            refuse();
        }

        private boolean tooLong() {
            return System.nanoTime() - openedNanos >= patience.toNanos();
        }

        private boolean beat() {
            try {
                heartbeat.beat(carrier().channel(), BEAT);
                backoff.reset();
                report(true);
                return true;
            } catch (Exception e) {
                if (closed.getCount() > 0) {
                    LOG.info("carrier {} missed a heartbeat: {}", name, e.toString());
                    report(false);
                }
                return false;
            }
        }

        private void report(boolean now) {
            alive = now;
            if (this == slots.getFirst() && closed.getCount() > 0) {
                up.set(now);
            }
        }

        private void renew() {
            Carrier old;
            synchronized (this) {
                if (closed.getCount() == 0) {
                    return;
                }
                old = carrier;
                carrier = Carrier.on(loops, address);
            }
            answered = false;
            openedNanos = System.nanoTime();
            old.close();
        }

        private void pause(Duration time) {
            CountDownLatch wait;
            synchronized (this) {
                if (closed.getCount() == 0) {
                    return;
                }
                wait = wake;
            }
            try {
                if (wait.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
                    LOG.debug("carrier {} beats early", name);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

package io.telepresence.agent.udp;

import io.netty.buffer.ByteBuf;
import io.telepresence.agent.rules.Target;
import io.telepresence.agent.tap.DatagramTee;
import io.telepresence.agent.tap.LaptopTaps;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Copies of datagrams to whoever taps the port, one flow for each source and tap; those of one tap are shared out as
 * {@link Sources} does it. On the listener's loop.
 */
final class Copies {
    /** Sources of one tap at once; connections and requests that are copied, too, have the rest of its share. */
    static final int MOST = 512;

    private final LaptopTaps taps;
    private final Map<Target, Sources<Copy>> copies = new HashMap<>();

    private record Copy(DatagramTee tee) implements Sources.Remembered {
        @Override
        public long lastNanos() {
            return tee.lastNanos();
        }

        @Override
        public void close() {
            tee.close();
        }
    }

    Copies(LaptopTaps taps) {
        this.taps = taps;
    }

    /** Copies; {@code data} stays the caller's. */
    void datagram(InetSocketAddress source, ByteBuf data, List<Target> targets) {
        for (Target target : targets) {
            DatagramTee tee = tee(target, source);
            if (tee != null) {
                tee.datagram(data);
            }
        }
    }

    private DatagramTee tee(Target target, InetSocketAddress source) {
        long now = System.nanoTime();
        Sources<Copy> sources = copies.computeIfAbsent(target, _ -> new Sources<>(MOST));
        Copy copy = sources.get(source);
        if (copy != null && !copy.tee().stale(now)) {
            return copy.tee();
        }
        sources.end(source);
        if (!sources.makeRoom(source, now)) {
            taps.dropped(target);
            return null;
        }
        DatagramTee tee = taps.openDatagrams(target, source);
        if (tee != null) {
            sources.put(source, new Copy(tee));
        }
        return tee;
    }

    /** Ends those that had their last datagram before that, in {@link System#nanoTime} units. */
    void sweep(long beforeNanos) {
        copies.values().removeIf(sources -> {
            sources.endSilent(beforeNanos);
            return sources.size() == 0;
        });
    }

    void close() {
        copies.values().forEach(Sources::endAll);
        copies.clear();
    }
}

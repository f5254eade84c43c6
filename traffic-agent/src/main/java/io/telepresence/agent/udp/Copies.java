package io.telepresence.agent.udp;

import io.netty.buffer.ByteBuf;
import io.telepresence.agent.rules.Target;
import io.telepresence.agent.tap.DatagramTee;
import io.telepresence.agent.tap.LaptopTaps;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Copies of datagrams to whoever taps the port, one flow for each source and tap. On the listener's loop. */
final class Copies {
    private final LaptopTaps taps;
    private final Map<Key, DatagramTee> tees = new HashMap<>();

    private record Key(InetSocketAddress source, Target target) {}

    Copies(LaptopTaps taps) {
        this.taps = taps;
    }

    /** Copies; {@code data} stays the caller's. */
    void datagram(InetSocketAddress source, ByteBuf data, List<Target> targets) {
        for (Target target : targets) {
            DatagramTee tee = tee(new Key(source, target));
            if (tee != null) {
                tee.datagram(data);
            }
        }
    }

    private DatagramTee tee(Key key) {
        DatagramTee tee = tees.get(key);
        if (tee == null || tee.stale(System.nanoTime())) {
            tee = taps.openDatagrams(key.target(), key.source());
            if (tee == null) {
                tees.remove(key);
            } else {
                tees.put(key, tee);
            }
        }
        return tee;
    }

    /** Ends those that had their last datagram before that, in {@link System#nanoTime} units. */
    void sweep(long beforeNanos) {
        tees.values().removeIf(tee -> {
            boolean over = tee.lastNanos() - beforeNanos < 0;
            if (over) {
                tee.close();
            }
            return over;
        });
    }

    void close() {
        tees.values().forEach(DatagramTee::close);
        tees.clear();
    }
}

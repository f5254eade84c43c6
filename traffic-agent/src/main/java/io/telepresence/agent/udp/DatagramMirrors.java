package io.telepresence.agent.udp;

import io.netty.buffer.ByteBuf;
import io.telepresence.agent.mirror.ClientMirrors;
import io.telepresence.agent.mirror.DatagramMirror;
import io.telepresence.agent.route.ClientEndpoint;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * DatagramMirrors of datagrams to whoever mirrors the port, one flow for each source and mirror; those of one mirror are shared out as
 * {@link UdpSources} does it. On the listener's loop.
 */
final class DatagramMirrors {
    /** UdpSources of one mirror at once; connections and requests that are copied, too, have the rest of its share. */
    static final int MOST = 512;

    private final ClientMirrors mirrors;
    private final Map<ClientEndpoint, UdpSources<Copy>> copies = new HashMap<>();

    private record Copy(DatagramMirror tee) implements UdpSources.Remembered {
        @Override
        public long lastNanos() {
            return tee.lastNanos();
        }

        @Override
        public void close() {
            tee.close();
        }
    }

    DatagramMirrors(ClientMirrors mirrors) {
        this.mirrors = mirrors;
    }

    /** DatagramMirrors; {@code data} stays the caller's. */
    void datagram(InetSocketAddress source, ByteBuf data, List<ClientEndpoint> targets) {
        for (ClientEndpoint target : targets) {
            DatagramMirror tee = tee(target, source);
            if (tee != null) {
                tee.datagram(data);
            }
        }
    }

    private DatagramMirror tee(ClientEndpoint target, InetSocketAddress source) {
        long now = System.nanoTime();
        UdpSources<Copy> sources = copies.computeIfAbsent(target, _ -> new UdpSources<>(MOST));
        Copy copy = sources.get(source);
        if (copy != null && !copy.tee().stale(now)) {
            return copy.tee();
        }
        sources.end(source);
        if (!sources.makeRoom(source, now)) {
            mirrors.dropped(target);
            return null;
        }
        DatagramMirror tee = mirrors.openDatagrams(target, source);
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
        copies.values().forEach(UdpSources::endAll);
        copies.clear();
    }
}

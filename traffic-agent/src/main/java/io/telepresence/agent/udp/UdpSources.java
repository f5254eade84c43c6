package io.telepresence.agent.udp;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/**
 * The conversations of one port. There are never more than {@link #most}: then a new source takes the place of one of
 * the address that has most of them, so that one caller with thousands of ports takes nothing from others; where no
 * address has more than the new one's, of the one that has been silent longest, unless even that one spoke just now. On
 * the listener's loop.
 */
final class UdpSources<T extends UdpSources.Remembered> {
    /** Who spoke within that time is not silent; so a flood of sources makes so many conversations a second, not more. */
    static final Duration JUST_NOW = Duration.ofSeconds(1);

    private final int most;
    /** Those that spoke last are at the end. */
    private final Map<InetSocketAddress, T> conversations = new LinkedHashMap<>(16, 0.75f, true);

    private final Map<InetAddress, Share> shares = new HashMap<>();
    private final TreeMap<Integer, LinkedHashSet<Share>> bySize = new TreeMap<>();
    private volatile int size;

    /** What is kept for a source. */
    interface Remembered {
        /** When the last datagram went either way, in {@link System#nanoTime} units. */
        long lastNanos();

        /** Ends it; idempotent. */
        void close();
    }

    /** The sources of one address; those that spoke last are at the end. */
    private static final class Share {
        private final LinkedHashSet<InetSocketAddress> sources = new LinkedHashSet<>();
    }

    UdpSources(int most) {
        this.most = most;
    }

    /** Null: it has none. */
    T get(InetSocketAddress source) {
        T found = conversations.get(source);
        if (found != null) {
            LinkedHashSet<InetSocketAddress> same = shares.get(source.getAddress()).sources;
            same.remove(source);
            same.add(source);
        }
        return found;
    }

    /** Any thread. */
    int size() {
        return size;
    }

    /** Whether another one of this source has room now; it may have been made. */
    boolean makeRoom(InetSocketAddress source, long nowNanos) {
        if (conversations.size() < most) {
            return true;
        }
        Share own = shares.get(source.getAddress());
        int has = own == null ? 0 : own.sources.size();
        if (bySize.lastKey() > has + 1) {
            end(bySize.lastEntry().getValue().getFirst().sources.getFirst());
            return true;
        }
        Map.Entry<InetSocketAddress, T> silent =
                conversations.entrySet().iterator().next();
        if (nowNanos - silent.getValue().lastNanos() < JUST_NOW.toNanos()) {
            return false;
        }
        end(silent.getKey());
        return true;
    }

    void put(InetSocketAddress source, T conversation) {
        if (conversations.put(source, conversation) == null) {
            Share share = shares.computeIfAbsent(source.getAddress(), _ -> new Share());
            resize(share, () -> share.sources.add(source));
            size = conversations.size();
        }
    }

    void end(InetSocketAddress source) {
        T ended = conversations.remove(source);
        if (ended != null) {
            forget(source);
            size = conversations.size();
            ended.close();
        }
    }

    private void forget(InetSocketAddress source) {
        Share share = shares.get(source.getAddress());
        resize(share, () -> share.sources.remove(source));
        if (share.sources.isEmpty()) {
            shares.remove(source.getAddress());
        }
    }

    private void resize(Share share, Runnable change) {
        bySize.computeIfPresent(share.sources.size(), (_, same) -> {
            same.remove(share);
            return same.isEmpty() ? null : same;
        });
        change.run();
        if (!share.sources.isEmpty()) {
            bySize.computeIfAbsent(share.sources.size(), _ -> new LinkedHashSet<>())
                    .add(share);
        }
    }

    /** Ends those without a datagram either way since then. */
    void endSilent(long sinceNanos) {
        endWhere(last -> sinceNanos - last > 0);
    }

    void endAll() {
        endWhere(_ -> true);
    }

    private void endWhere(LongPredicate over) {
        conversations.entrySet().removeIf(each -> {
            boolean ends = over.test(each.getValue().lastNanos());
            if (ends) {
                forget(each.getKey());
                each.getValue().close();
            }
            return ends;
        });
        size = conversations.size();
    }
}

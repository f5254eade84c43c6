package io.telepresence.manager.network;

import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.NavigableSet;
import java.util.SortedSet;
import java.util.TreeSet;

/** Finds few subnets that hold given addresses, without claiming much beyond them. Pure. */
final class Subnets {
    /** More routes than this on every laptop would be a burden: then the subnets grow. */
    static final int MOST = 32;

    private static final int POD_V4 = 24;
    private static final int POD_V6 = 64;
    private static final int SERVICE_V4 = 20;
    private static final int SERVICE_V6 = 112;

    private Subnets() {}

    /** Joins halves to their whole, and drops what another one holds; the result is sorted. */
    static List<ClusterCidr> merge(Collection<ClusterCidr> subnets) {
        SortedSet<ClusterCidr> merged = new TreeSet<>();
        for (boolean v6 : new boolean[] {false, true}) {
            Deque<ClusterCidr> last = new ArrayDeque<>();
            // Whoever holds others comes before them, and halves come one after the other.
            new TreeSet<>(subnets).stream().filter(s -> s.isV6() == v6).forEach(next -> join(last, next));
            merged.addAll(last);
        }
        return List.copyOf(merged);
    }

    private static void join(Deque<ClusterCidr> last, ClusterCidr next) {
        ClusterCidr joined = next;
        while (!last.isEmpty()) {
            if (last.peekLast().contains(joined)) {
                return;
            }
            if (!halves(last.peekLast(), joined)) {
                break;
            }
            last.removeLast();
            joined = joined.parent();
        }
        last.addLast(joined);
    }

    private static boolean halves(ClusterCidr one, ClusterCidr other) {
        return one.prefix() > 0
                && one.prefix() == other.prefix()
                && !one.equals(other)
                && one.parent().equals(other.parent());
    }

    /** The same, at most {@link #MOST}: where there are more, they grow. */
    static List<ClusterCidr> limited(Collection<ClusterCidr> subnets) {
        List<ClusterCidr> limited = merge(subnets);
        while (limited.size() > MOST) {
            limited = merge(
                    limited.stream().map(s -> s.prefix() > 1 ? s.parent() : s).toList());
        }
        return limited;
    }

    /** Whether each address is in one of these, which none of them holds another of, as {@link #merge} gives them. */
    static boolean holdAll(List<ClusterCidr> merged, Collection<InetAddress> ips) {
        NavigableSet<ClusterCidr> v4 = new TreeSet<>();
        NavigableSet<ClusterCidr> v6 = new TreeSet<>();
        merged.forEach(s -> (s.isV6() ? v6 : v4).add(s));
        return ips.stream().allMatch(ip -> {
            int bits = ip.getAddress().length * 8;
            ClusterCidr before = (bits == 128 ? v6 : v4).floor(new ClusterCidr(ip, bits));
            return before != null && before.contains(ip);
        });
    }

    /** Subnets of at least /24 (IPv6: /64) that hold all these pod addresses; at most {@link #MOST} of them. */
    static List<ClusterCidr> coverPods(Collection<InetAddress> ips) {
        return cover(ips, POD_V4, POD_V6);
    }

    /** The one subnet per family, at least a /20 (IPv6: /112), that holds all these service addresses. */
    static List<ClusterCidr> coverServices(Collection<InetAddress> ips) {
        SortedSet<ClusterCidr> whole = new TreeSet<>();
        for (boolean v6 : new boolean[] {false, true}) {
            List<InetAddress> family = ips.stream()
                    .filter(ip -> (ip.getAddress().length == 16) == v6)
                    .toList();
            if (!family.isEmpty()) {
                whole.add(common(family, v6 ? SERVICE_V6 : SERVICE_V4));
            }
        }
        return List.copyOf(whole);
    }

    private static ClusterCidr common(List<InetAddress> ips, int prefix) {
        ClusterCidr subnet = new ClusterCidr(ips.getFirst(), prefix);
        while (!ips.stream().allMatch(subnet::contains)) {
            subnet = subnet.parent();
        }
        return subnet;
    }

    private static List<ClusterCidr> cover(Collection<InetAddress> ips, int v4, int v6) {
        for (int wider = 0; ; wider++) {
            SortedSet<ClusterCidr> subnets = new TreeSet<>();
            for (InetAddress ip : ips) {
                int prefix = (ip.getAddress().length == 16 ? v6 : v4) - wider;
                subnets.add(new ClusterCidr(ip, Math.max(prefix, 1)));
            }
            List<ClusterCidr> merged = merge(subnets);
            if (merged.size() <= MOST) {
                return merged;
            }
        }
    }
}

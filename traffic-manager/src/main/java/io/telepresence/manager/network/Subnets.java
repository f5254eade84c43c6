package io.telepresence.manager.network;

import io.telepresence.base.Cidr;
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
    static List<Cidr> merge(Collection<Cidr> subnets) {
        SortedSet<Cidr> merged = new TreeSet<>();
        for (boolean v6 : new boolean[] {false, true}) {
            Deque<Cidr> last = new ArrayDeque<>();
            // Whoever holds others comes before them, and halves come one after the other.
            new TreeSet<>(subnets).stream().filter(s -> !s.isV4() == v6).forEach(next -> join(last, next));
            merged.addAll(last);
        }
        return List.copyOf(merged);
    }

    private static void join(Deque<Cidr> last, Cidr next) {
        Cidr joined = next;
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

    private static boolean halves(Cidr one, Cidr other) {
        return one.length() > 0
                && one.length() == other.length()
                && !one.equals(other)
                && one.parent().equals(other.parent());
    }

    /** The same, at most {@link #MOST}: where there are more, they grow. */
    static List<Cidr> limited(Collection<Cidr> subnets) {
        List<Cidr> limited = merge(subnets);
        while (limited.size() > MOST) {
            limited = merge(
                    limited.stream().map(s -> s.length() > 1 ? s.parent() : s).toList());
        }
        return limited;
    }

    /** Whether each address is in one of these, which none of them holds another of, as {@link #merge} gives them. */
    static boolean holdAll(List<Cidr> merged, Collection<InetAddress> ips) {
        NavigableSet<Cidr> v4 = new TreeSet<>();
        NavigableSet<Cidr> v6 = new TreeSet<>();
        merged.forEach(s -> (!s.isV4() ? v6 : v4).add(s));
        return ips.stream().allMatch(ip -> {
            int bits = ip.getAddress().length * 8;
            Cidr before = (bits == 128 ? v6 : v4).floor(new Cidr(ip, bits));
            return before != null && before.contains(ip);
        });
    }

    /** Subnets of at least /24 (IPv6: /64) that hold all these pod addresses; at most {@link #MOST} of them. */
    static List<Cidr> coverPods(Collection<InetAddress> ips) {
        return cover(ips, POD_V4, POD_V6);
    }

    /** The one subnet per family, at least a /20 (IPv6: /112), that holds all these service addresses. */
    static List<Cidr> coverServices(Collection<InetAddress> ips) {
        SortedSet<Cidr> whole = new TreeSet<>();
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

    private static Cidr common(List<InetAddress> ips, int prefix) {
        Cidr subnet = new Cidr(ips.getFirst(), prefix);
        while (!ips.stream().allMatch(subnet::contains)) {
            subnet = subnet.parent();
        }
        return subnet;
    }

    private static List<Cidr> cover(Collection<InetAddress> ips, int v4, int v6) {
        for (int wider = 0; ; wider++) {
            SortedSet<Cidr> subnets = new TreeSet<>();
            for (InetAddress ip : ips) {
                int prefix = (ip.getAddress().length == 16 ? v6 : v4) - wider;
                subnets.add(new Cidr(ip, Math.max(prefix, 1)));
            }
            List<Cidr> merged = merge(subnets);
            if (merged.size() <= MOST) {
                return merged;
            }
        }
    }
}

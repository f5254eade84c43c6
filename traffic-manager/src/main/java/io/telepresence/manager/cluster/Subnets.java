package io.telepresence.manager.cluster;

import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
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
        SortedSet<Cidr> left = new TreeSet<>(subnets);
        for (boolean changed = true; changed; ) {
            changed = false;
            for (Cidr one : List.copyOf(left)) {
                boolean held = left.stream().anyMatch(o -> !o.equals(one) && o.contains(one));
                Cidr half = sibling(one);
                if (held) {
                    changed = left.remove(one);
                } else if (half != null && left.contains(half)) {
                    left.remove(one);
                    left.remove(half);
                    changed = left.add(one.parent());
                }
                if (changed) {
                    break;
                }
            }
        }
        return List.copyOf(left);
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
            List<Cidr> merged = subnets.size() > 4 * MOST ? List.copyOf(subnets) : merge(subnets);
            if (merged.size() <= MOST) {
                return merged;
            }
        }
    }

    private static Cidr sibling(Cidr one) {
        if (one.prefix() == 0) {
            return null;
        }
        byte[] bytes = one.ip().getAddress();
        int bit = one.prefix() - 1;
        bytes[bit / 8] ^= (byte) (0x80 >> bit % 8);
        try {
            return new Cidr(InetAddress.getByAddress(bytes), one.prefix());
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}

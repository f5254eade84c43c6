package io.telepresence.rootd.stack;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the stack must know of the TUN device. Each family is there as a whole or not at all.
 *
 * <p>The own addresses are on the device before the stack is opened. The spare ones are in the device's prefix, routed
 * into it, and on no device: the kernel sees redirected connections come from them.
 *
 * @param v4 own address and spare addresses, if IPv4 is on
 * @param v6 own address and spare addresses, if IPv6 is on
 * @param mtu of the device, in bytes; the borders of UDP packets that go to the host
 */
public record StackConfig(Optional<Own> v4, Optional<Own> v6, int mtu) {

    /**
     * One address family.
     *
     * @param address the device's own address; TCP listeners are bound to it
     * @param spare at least one; each gives some fifty thousand connections at a time
     */
    public record Own(InetAddress address, List<InetAddress> spare) {
        public Own {
            spare = List.copyOf(spare);
            if (spare.isEmpty() || spare.contains(address)) {
                throw new IllegalArgumentException("spare addresses " + spare + " beside " + address);
            }
            for (InetAddress each : spare) {
                if (each.getClass() != address.getClass()) {
                    throw new IllegalArgumentException("two families: " + each + " and " + address);
                }
            }
        }
    }

    public StackConfig {
        if (v4.isEmpty() && v6.isEmpty()) {
            throw new IllegalArgumentException("no address at all");
        }
        if (v4.isPresent() && !(v4.get().address() instanceof Inet4Address)
                || v6.isPresent() && !(v6.get().address() instanceof Inet6Address)) {
            throw new IllegalArgumentException("address of the wrong family: " + v4 + " " + v6);
        }
        if (mtu < 1280 || mtu > 65_535) {
            throw new IllegalArgumentException("mtu " + mtu);
        }
    }

    /** Every address that the redirect speaks for: a firewall that drops input must let these reach the own ones. */
    public List<InetAddress> spareAddresses() {
        var all = new ArrayList<InetAddress>();
        v4.ifPresent(own -> all.addAll(own.spare()));
        v6.ifPresent(own -> all.addAll(own.spare()));
        return List.copyOf(all);
    }
}

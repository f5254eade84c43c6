package io.telepresence.rootd.stack;

import io.telepresence.rootd.ip.IpAddress;
import java.net.InetAddress;
import java.util.List;

/**
 * What redirected connections of one address family use.
 *
 * @param own address of the listener
 * @param port of the listener
 * @param spares the addresses that the connections seem to come from
 */
record NatFamily(IpAddress own, int port, List<NatAddress> spares) {
    static NatFamily of(StackConfig.Own own, int port) {
        List<NatAddress> spares = own.spare().stream()
                .map((InetAddress each) -> new NatAddress(IpAddress.of(each)))
                .toList();
        return new NatFamily(IpAddress.of(own.address()), port, spares);
    }

    /** The spare address that this is, or null. */
    NatAddress spare(IpAddress address) {
        for (NatAddress each : spares) {
            if (each.address().equals(address)) {
                return each;
            }
        }
        return null;
    }
}

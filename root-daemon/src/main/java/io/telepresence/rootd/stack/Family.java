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
record Family(IpAddress own, int port, List<SpareAddress> spares) {
    static Family of(StackConfig.Own own, int port) {
        List<SpareAddress> spares = own.spare().stream()
                .map((InetAddress each) -> new SpareAddress(IpAddress.of(each)))
                .toList();
        return new Family(IpAddress.of(own.address()), port, spares);
    }

    /** The spare address that this is, or null. */
    SpareAddress spare(IpAddress address) {
        for (SpareAddress each : spares) {
            if (each.address().equals(address)) {
                return each;
            }
        }
        return null;
    }
}

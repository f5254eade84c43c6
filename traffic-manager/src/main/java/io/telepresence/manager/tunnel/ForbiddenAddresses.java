package io.telepresence.manager.tunnel;

import java.net.InetAddress;

/**
 * Where the manager never dials for a client: its own loopback (its client port answers there), link-local addresses
 * (cloud metadata services), and addresses that are no destination. Pure.
 */
final class ForbiddenAddresses {
    private ForbiddenAddresses() {}

    static boolean forbidden(InetAddress address) {
        return address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isAnyLocalAddress()
                || address.isMulticastAddress()
                || isBroadcast(address.getAddress());
    }

    private static boolean isBroadcast(byte[] bytes) {
        return bytes.length == 4 && bytes[0] == -1 && bytes[1] == -1 && bytes[2] == -1 && bytes[3] == -1;
    }
}

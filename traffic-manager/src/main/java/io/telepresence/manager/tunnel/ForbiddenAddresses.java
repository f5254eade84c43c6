package io.telepresence.manager.tunnel;

import java.net.InetAddress;
import java.util.Set;

/**
 * Where the manager never dials for a client: its own loopback (its client port answers there), link-local addresses and
 * others by which clouds tell a machine who it is (whoever asks from the manager's node would be that node), and
 * addresses that are no destination. Pure.
 */
final class ForbiddenAddresses {
    /** Metadata services whose addresses are not link-local. */
    private static final Set<InetAddress> METADATA = Set.of(
            InetAddress.ofLiteral("168.63.129.16"), // Azure
            InetAddress.ofLiteral("100.100.100.200"), // Alibaba Cloud
            InetAddress.ofLiteral("192.0.0.192"), // Oracle Cloud
            InetAddress.ofLiteral("fd00:ec2::254"), // AWS: instances
            InetAddress.ofLiteral("fd00:ec2::23"), // AWS: identities of pods
            InetAddress.ofLiteral("fd20:ce::254")); // Google Cloud

    private ForbiddenAddresses() {}

    static boolean forbidden(InetAddress address) {
        return address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isAnyLocalAddress()
                || address.isMulticastAddress()
                || METADATA.contains(address)
                || isBroadcast(address.getAddress());
    }

    private static boolean isBroadcast(byte[] bytes) {
        return bytes.length == 4 && bytes[0] == -1 && bytes[1] == -1 && bytes[2] == -1 && bytes[3] == -1;
    }
}

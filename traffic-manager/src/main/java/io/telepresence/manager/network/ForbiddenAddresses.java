package io.telepresence.manager.network;

import java.net.InetAddress;
import java.util.Set;

/** Addresses that mean something else in the manager's pod than in a client's mind. Pure. */
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

    /** The manager's own loopback (its client port answers there), and what nobody can be connected to. */
    static boolean isNoDestination(InetAddress address) {
        return address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || address.isMulticastAddress()
                || isBroadcast(address.getAddress());
    }

    /** By which clouds tell a machine who it is: to whoever asks from the manager's node, that it is this node. */
    static boolean isMetadataService(InetAddress address) {
        return address.isLinkLocalAddress() || METADATA.contains(address);
    }

    private static boolean isBroadcast(byte[] bytes) {
        return bytes.length == 4 && bytes[0] == -1 && bytes[1] == -1 && bytes[2] == -1 && bytes[3] == -1;
    }
}

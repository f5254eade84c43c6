package io.telepresence.manager.network;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Addresses that the manager's pod knows without asking anybody. */
public final class OwnAddresses {
    private static final Logger LOG = LoggerFactory.getLogger(OwnAddresses.class);

    private OwnAddresses() {}

    /** Of the pod's own network interfaces, in both families. */
    public static List<InetAddress> ofPod() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .map(OwnAddresses::withoutZone)
                    .toList();
        } catch (SocketException e) {
            LOG.warn("this pod's own addresses cannot be read: {}", e.toString());
            return List.of();
        }
    }

    private static InetAddress withoutZone(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress());
        } catch (UnknownHostException e) {
            return address;
        }
    }

    /** The API server's Service, as the kubelet tells it to every pod. */
    public static List<InetAddress> ofApiServer(Map<String, String> environment) {
        try {
            return List.of(InetAddress.ofLiteral(environment.getOrDefault("KUBERNETES_SERVICE_HOST", "")));
        } catch (IllegalArgumentException e) {
            return List.of(); // not in a pod, or a name
        }
    }

    /** Whether the pod has that address at all. */
    public static boolean canListen(InetAddress address) {
        try (ServerSocket probe = new ServerSocket(0, 1, address)) {
            return probe.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}

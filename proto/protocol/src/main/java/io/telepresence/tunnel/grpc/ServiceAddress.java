package io.telepresence.tunnel.grpc;

import io.telepresence.base.AddressText;
import java.net.InetAddress;
import java.net.SocketAddress;

/**
 * A peer that is known by the name of a Kubernetes Service, and by the Service's address for places where that name
 * cannot be looked up. It is looked up again whenever a connection is made anew.
 */
public final class ServiceAddress extends SocketAddress {
    private static final long serialVersionUID = 1;

    private final String host;
    private final int port;
    private final InetAddress fallback;

    /**
     * @param host name of the Service
     * @param port 1 to 65535
     * @param fallback used where the name has no answer within {@link ServiceNameResolver#PATIENCE}
     */
    public ServiceAddress(String host, int port, InetAddress fallback) {
        this.host = host;
        this.port = port;
        this.fallback = fallback;
    }

    String host() {
        return host;
    }

    int port() {
        return port;
    }

    InetAddress fallback() {
        return fallback;
    }

    @Override
    public String toString() {
        return host + ":" + port + " or " + AddressText.of(fallback);
    }
}

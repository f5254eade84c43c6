package io.telepresence.engagement;

import java.util.Objects;

/**
 * One port of an engagement.
 *
 * @param port of the container
 * @param localPort on the client
 * @param service empty where the workload has none, then so are the other two
 * @param servicePortName may be empty
 */
public record EngagedPort(
        Port port, int localPort, String container, String service, String servicePortName, int servicePort) {
    public EngagedPort {
        Objects.requireNonNull(port);
    }

    public boolean udp() {
        return port.udp();
    }

    public int containerPort() {
        return port.number();
    }
}

package io.telepresence.agent.route;

import java.util.Objects;

/**
 * Where on a laptop the traffic of an engagement goes.
 *
 * @param engagementId whose engagement it is
 * @param host name or address on the laptop
 * @param port port on the laptop
 * @param plaintext the laptop gets what was inside TLS
 */
public record ClientEndpoint(String engagementId, String host, int port, boolean plaintext) {
    public ClientEndpoint {
        Objects.requireNonNull(engagementId);
        Objects.requireNonNull(host);
    }
}

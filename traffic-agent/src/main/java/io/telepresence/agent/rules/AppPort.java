package io.telepresence.agent.rules;

import java.util.Objects;

/**
 * A port of the app, as the app itself listens on it.
 *
 * @param transport TCP or UDP
 * @param number 1 to 65535
 */
public record AppPort(Transport transport, int number) {
    /** The layer-4 protocol of a port. */
    public enum Transport {
        TCP,
        UDP
    }

    public AppPort {
        Objects.requireNonNull(transport);
        if (number < 1 || number > 65535) {
            throw new IllegalArgumentException("port " + number);
        }
    }

    @Override
    public String toString() {
        return number + "/" + transport;
    }
}

package io.telepresence.engagement;

import io.telepresence.agree.Transport;
import java.util.Objects;

/**
 * A port of a pod, as its application listens on it.
 *
 * @param number 1 to 65535
 */
public record Port(Transport transport, int number) {
    public Port {
        Objects.requireNonNull(transport);
        if (!isNumber(number)) {
            throw new IllegalArgumentException("port " + number);
        }
    }

    public static Port of(boolean udp, int number) {
        return new Port(udp ? Transport.UDP : Transport.TCP, number);
    }

    public static boolean isNumber(int number) {
        return number >= 1 && number <= 65535;
    }

    public boolean udp() {
        return transport == Transport.UDP;
    }

    /** For example {@code 53/UDP}. */
    @Override
    public String toString() {
        return number + "/" + transport;
    }
}

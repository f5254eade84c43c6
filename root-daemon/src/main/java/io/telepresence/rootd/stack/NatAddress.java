package io.telepresence.rootd.stack;

import io.telepresence.rootd.ip.IpAddress;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;

/**
 * One address that redirected connections seem to come from, with its ports. Looking up takes no lock; taking and
 * giving back is guarded by the table that owns this.
 */
final class NatAddress {
    private static final int FIRST_PORT = 1024;
    private static final int PORTS = 65_536 - FIRST_PORT;

    /** Some ports always stay free, so that the next one is found soon. */
    static final int MOST = 55_000;

    private final IpAddress address;
    private volatile AtomicReferenceArray<NatEntry> byPort;
    private int next;
    private int used;

    NatAddress(IpAddress address) {
        this.address = address;
    }

    IpAddress address() {
        return address;
    }

    /** Who has the port, or null. */
    NatEntry owner(int port) {
        AtomicReferenceArray<NatEntry> ports = byPort;
        return ports == null || port < FIRST_PORT ? null : ports.get(port - FIRST_PORT);
    }

    boolean isFull() {
        return used >= MOST;
    }

    /** The next free port in turn: a port that became free comes up again as late as possible. Not when full. */
    int freePort() {
        if (byPort == null) {
            byPort = new AtomicReferenceArray<>(PORTS);
        }
        while (byPort.get(next) != null) {
            next = (next + 1) % PORTS;
        }
        int port = FIRST_PORT + next;
        next = (next + 1) % PORTS;
        return port;
    }

    void take(int port, NatEntry connection) {
        byPort.set(port - FIRST_PORT, connection);
        used++;
    }

    void forEach(Consumer<? super NatEntry> visitor) {
        AtomicReferenceArray<NatEntry> ports = byPort;
        for (int i = 0; ports != null && i < PORTS; i++) {
            NatEntry connection = ports.get(i);
            if (connection != null) {
                visitor.accept(connection);
            }
        }
    }

    void giveBack(int port, NatEntry connection) {
        if (byPort.compareAndSet(port - FIRST_PORT, connection, null)) {
            used--;
        }
    }
}

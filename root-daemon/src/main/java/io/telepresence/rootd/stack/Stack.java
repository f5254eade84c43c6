package io.telepresence.rootd.stack;

import io.telepresence.rootd.tun.Tun;
import java.io.IOException;

/**
 * The running packet path between one TUN device and the tunnel. {@link #open} starts it; {@link #close} stops its
 * threads, resets its flows and closes the device. Every method may be called from any thread.
 */
public final class Stack implements AutoCloseable {
    /**
     * What went through so far.
     *
     * @param openFlows TCP connections and UDP mappings that are open now, those still being dialled included
     * @param totalFlows those opened since the start
     */
    public record Stats(int openFlows, long totalFlows) {}

    private Stack() {}

    /**
     * Starts to read packets. The device must be up and have the own addresses of {@code config}; it belongs to the
     * stack from now on, even if this call fails.
     *
     * @throws IOException if a listener cannot be bound to an own address
     */
    public static Stack open(Tun tun, StackConfig config, Uplink uplink) throws IOException {
        tun.close();
        throw new IOException("not built yet: " + config + uplink);
    }

    public Stats stats() {
        return new Stats(0, 0);
    }

    @Override
    public void close() {}
}

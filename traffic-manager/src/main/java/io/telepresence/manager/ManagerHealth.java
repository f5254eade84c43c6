package io.telepresence.manager;

import io.netty.channel.EventLoopGroup;
import io.telepresence.fault.FaultException;
import io.telepresence.limits.ProbeServer;
import io.telepresence.local.Loops;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Tells the kubelet that the process lives ({@code /healthz}) and that it serves ({@code /readyz}). It has an event loop of
 * its own, so that no other work delays the answer.
 */
final class ManagerHealth implements AutoCloseable {
    private final EventLoopGroup loops;
    private final ProbeServer server;

    private ManagerHealth(EventLoopGroup loops, ProbeServer server) {
        this.loops = loops;
        this.server = server;
    }

    static ManagerHealth open(int port, BooleanSupplier ready) throws FaultException {
        EventLoopGroup loops = Loops.create("health", 1);
        try {
            Map<String, BooleanSupplier> paths = Map.of("/healthz", () -> true, "/readyz", ready);
            return new ManagerHealth(loops, ProbeServer.open(new InetSocketAddress(port), loops, paths));
        } catch (FaultException | RuntimeException e) {
            Loops.shutdown(loops);
            throw e;
        }
    }

    @Override
    public void close() {
        server.close();
        Loops.shutdown(loops);
    }
}

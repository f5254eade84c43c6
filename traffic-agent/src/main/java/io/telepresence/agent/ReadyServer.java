package io.telepresence.agent;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.telepresence.agent.listener.KeptSockets;
import io.telepresence.agree.AgentNames;
import io.telepresence.fault.FaultException;
import io.telepresence.limits.ProbeServer;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;

/**
 * Answers the kubelet: {@code GET /healthz} is 200 as long as the process lives, {@code GET /readyz} is 200 while the
 * agent takes traffic.
 */
final class ReadyServer implements AutoCloseable {
    private final ProbeServer server;
    private volatile boolean ready;
    private volatile boolean ending;

    private ReadyServer(InetSocketAddress address, EventLoopGroup loops, KeptSockets sockets) throws FaultException {
        Optional<EpollServerSocketChannel> left = sockets.take(address);
        server = ProbeServer.open(
                address, left, loops, Map.of("/healthz", () -> true, AgentNames.READY_PATH, () -> ready && !ending));
        if (left.isEmpty()) {
            sockets.keep(server.socket());
        }
    }

    /** Listens, and says "not ready" until told otherwise. */
    static ReadyServer open(InetSocketAddress address, EventLoopGroup loops, KeptSockets sockets)
            throws FaultException {
        return new ReadyServer(address, loops, sockets);
    }

    InetSocketAddress address() {
        return server.address();
    }

    /** What the answer is from now on; "not ready" in any case once the agent is ending. */
    void ready(boolean now) {
        ready = now;
    }

    /** From now on the answer is "not ready", for good. */
    void end() {
        ending = true;
    }

    @Override
    public void close() {
        server.close();
    }
}

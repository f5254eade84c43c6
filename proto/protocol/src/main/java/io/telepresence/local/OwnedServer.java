package io.telepresence.local;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A gRPC server with threads of its own. Service methods run on virtual threads. */
final class OwnedServer implements AutoCloseable {
    private static final int LARGEST_MESSAGE = 16 << 20;

    private final EventLoopGroup loops;
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final Server server;

    private OwnedServer(String name, NettyServerBuilder builder, List<BindableService> services) {
        loops = Loops.create(name, 1);
        services.forEach(builder::addService);
        server = builder.bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                .executor(workers)
                .permitKeepAliveWithoutCalls(true)
                .maxInboundMessageSize(LARGEST_MESSAGE)
                .build();
    }

    /**
     * Starts to listen.
     *
     * @param name of its event loop's thread
     * @param builder knows where, and with which channels
     */
    static OwnedServer start(String name, NettyServerBuilder builder, List<BindableService> services)
            throws IOException {
        OwnedServer owned = new OwnedServer(name, builder, services);
        try {
            owned.server.start();
            return owned;
        } catch (IOException e) {
            owned.close();
            throw e;
        }
    }

    /** Ends all calls; takes at most three seconds. */
    @Override
    public void close() {
        server.shutdownNow();
        try {
            server.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Loops.shutdown(loops);
        workers.shutdownNow();
    }
}

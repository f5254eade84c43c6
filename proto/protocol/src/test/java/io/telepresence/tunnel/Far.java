package io.telepresence.tunnel;

import io.grpc.Server;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.telepresence.local.Loops;
import io.telepresence.tunnel.grpc.TunnelServers;
import io.telepresence.tunnel.grpc.TunnelService;
import io.telepresence.tunnel.splice.ChannelPump;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The far end of a tunnel on a unix socket: a server that hands every flow to an acceptor. */
public final class Far implements AutoCloseable {
    public final DomainSocketAddress address;
    private final EventLoopGroup loops = Loops.create("far", 1);
    private final Server server;

    public Far(Path directory, FlowAcceptor acceptor) throws IOException {
        address = new DomainSocketAddress(directory.resolve("far.socket").toFile());
        server = TunnelServers.builder(address, loops)
                .addService(TunnelService.bind(loops, acceptor))
                .build()
                .start();
    }

    /** Dials the flow's destination with the kernel's TCP, as the manager does. */
    public static void dial(Flow flow, io.telepresence.rpc.tunnel.Open open) {
        ChannelPump pump = new ChannelPump(flow);
        Bootstrap bootstrap = new Bootstrap()
                .group(flow.loop())
                .channel(EpollSocketChannel.class)
                .handler(pump);
        ChannelPump.configure(bootstrap);
        bootstrap.connect(flow.key().destination()).addListener((ChannelFuture dialled) -> {
            if (dialled.isSuccess()) {
                flow.opened();
                pump.start(dialled.channel());
            } else {
                flow.reset(ResetReasons.of(dialled.cause()), dialled.cause().getMessage());
            }
        });
    }

    @Override
    public void close() throws InterruptedException {
        server.shutdownNow();
        server.awaitTermination(2, TimeUnit.SECONDS);
        Loops.shutdown(loops);
    }
}

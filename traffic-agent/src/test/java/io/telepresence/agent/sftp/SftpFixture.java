package io.telepresence.agent.sftp;

import io.grpc.Server;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.telepresence.agree.Transport;
import io.telepresence.local.Loops;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.run.Closers;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.grpc.Carrier;
import io.telepresence.tunnel.grpc.TunnelServers;
import io.telepresence.tunnel.grpc.TunnelService;
import io.telepresence.tunnel.splice.ChannelPump;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/** The file server behind a real tunnel, and in front of it a TCP port: each connection is a flow. */
final class SftpFixture implements AutoCloseable {
    private static final int SESSIONS = 100;

    private final Closers opened = new Closers();
    private final Semaphore ended = new Semaphore(SESSIONS);
    private final int port;

    /** @param trees asked for each connection */
    SftpFixture(Supplier<FileTree> trees) throws Exception {
        EventLoopGroup loops = Loops.create("far-end", 1);
        opened.add(() -> Loops.shutdown(loops));
        InetSocketAddress any = new InetSocketAddress("127.0.0.1", 0);
        Server server = TunnelServers.builder(any, loops)
                .addService(TunnelService.bind(loops, (flow, _) -> {
                    ended.acquireUninterruptibly();
                    SftpServer.serve(
                            trees.get(),
                            Optional.empty(),
                            handler -> {
                                flow.handler(handler);
                                return flow;
                            },
                            ended::release);
                }))
                .build()
                .start();
        opened.add(server::shutdownNow);
        Carrier carrier = opened.add(Carrier.open("near-end", new InetSocketAddress("127.0.0.1", server.getPort())));
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(carrier.loop())
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        ChannelPump.configure(channel);
                        carrier.open(
                                Open.newBuilder()
                                        .setId(new FlowKey(Transport.TCP, any, any).toWire())
                                        .build(),
                                new Joining(channel));
                    }
                });
        Channel listener = bootstrap.bind(any).sync().channel();
        opened.add(() -> listener.close().sync());
        port = ((InetSocketAddress) listener.localAddress()).getPort();
    }

    int port() {
        return port;
    }

    /** Sessions that are being served. */
    int sessions() {
        return SESSIONS - ended.availablePermits();
    }

    @Override
    public void close() throws Exception {
        opened.close();
    }

    private record Joining(Channel channel) implements FlowHandler {
        @Override
        public void onOpened(Flow flow) {
            ChannelPump pump = new ChannelPump(flow);
            channel.pipeline().addLast(pump);
            pump.start(channel);
        }

        @Override
        public void onData(Flow flow, ByteBuf data) {
            data.release();
        }

        @Override
        public void onFinished(Flow flow) {}

        @Override
        public void onReset(Flow flow, ResetReason why, String text) {
            channel.close();
        }
    }
}

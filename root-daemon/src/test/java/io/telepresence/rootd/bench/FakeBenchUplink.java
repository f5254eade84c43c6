package io.telepresence.rootd.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.telepresence.agree.Transport;
import io.telepresence.local.Loops;
import io.telepresence.rootd.stack.Uplink;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.splice.ChannelPump;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/** Dials from this machine, each destination under another address. */
final class FakeBenchUplink implements Uplink, AutoCloseable {
    private final EventLoopGroup loops = Loops.create("direct", 1);
    private final UnaryOperator<InetAddress> where;

    FakeBenchUplink(UnaryOperator<InetAddress> where) {
        this.where = where;
    }

    @Override
    public Flow open(FlowKey key, FlowHandler handler) {
        EventLoop loop = loops.next();
        var flow = new FakeBenchFlow(key, loop, handler);
        var bootstrap = new Bootstrap().group(loop).handler(flow);
        if (key.protocol() == Transport.TCP) {
            ChannelPump.configure(bootstrap);
            bootstrap
                    .channel(EpollSocketChannel.class)
                    .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(256 << 10, 512 << 10));
        } else {
            bootstrap
                    .channel(EpollDatagramChannel.class)
                    .option(ChannelOption.AUTO_READ, false)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(65_535));
        }
        var destination = key.destination();
        var target = new InetSocketAddress(where.apply(destination.getAddress()), destination.getPort());
        bootstrap.connect(target).addListener((ChannelFuture dialled) -> flow.dialled(dialled));
        return flow;
    }

    @Override
    public CompletionStage<Boolean> ping(InetAddress target, Duration within) {
        return CompletableFuture.completedFuture((target.getAddress()[target.getAddress().length - 1] & 1) == 0);
    }

    @Override
    public void close() {
        Loops.shutdown(loops);
    }
}

package io.telepresence.tunnel.splice;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import org.slf4j.LoggerFactory;

/** UDP sockets that pass datagrams of every size on, from zero to the largest. Thread-safe. */
public final class DatagramSockets {
    private static final int LARGEST = 65_535;

    private DatagramSockets() {}

    /** Whoever calls this adds a handler, and binds or connects. */
    public static Bootstrap bootstrap(EventLoopGroup loops) {
        return new Bootstrap().group(loops).channelFactory(DatagramSockets::create);
    }

    private static EpollDatagramChannel create() {
        EpollDatagramChannel channel = new EpollDatagramChannel();
        channel.config().setOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(LARGEST));
        try {
            // Netty reads a connected socket with recv and takes 0 bytes for nothing; with this it uses recvmsg.
            channel.config().setOption(EpollChannelOption.UDP_GRO, true);
        } catch (ChannelException e) {
            LoggerFactory.getLogger(DatagramSockets.class).debug("empty datagrams will not be seen", e);
        }
        channel.pipeline().addLast(new EmptyDatagrams());
        return channel;
    }
}

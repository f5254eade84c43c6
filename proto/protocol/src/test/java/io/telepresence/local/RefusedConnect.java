package io.telepresence.local;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetSocketAddress;

/** A process that connects to 127.0.0.1:8081 the way gRPC does and says what has become of the channel. */
final class RefusedConnect {
    private RefusedConnect() {}

    public static void main(String[] arguments) throws Exception {
        EventLoopGroup group = Loops.create("refused", 1);
        // gRPC registers the channel first; unlike Bootstrap's connect, nothing then closes one that fails.
        Channel channel = new Bootstrap()
                .group(group)
                .channel(EpollSocketChannel.class)
                .handler(new ChannelInboundHandlerAdapter())
                .register()
                .sync()
                .channel();
        ChannelFuture connect =
                channel.connect(new InetSocketAddress("127.0.0.1", 8081)).await();
        boolean open = channel.eventLoop().submit(channel::isOpen).get();
        System.out.println(connect.cause().getClass().getSuperclass().getName() + (open ? ", still open" : ", closed"));
        Loops.shutdown(group);
    }
}

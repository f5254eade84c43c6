package io.telepresence.local;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LoopsTest {
    private static final int LENGTH = 32 << 20;

    /** More than the buffers of both sockets hold: the writes have to wait for epoll after the peer's FIN. */
    @Test
    void aPeerThatHasFinishedStillGetsEverything() throws Exception {
        EventLoopGroup group = Loops.create("test-loops", 1);
        var halfClosed = new CountDownLatch(1);
        var awaitFin = new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext context, Object event) {
                if (event == ChannelInputShutdownEvent.INSTANCE) {
                    halfClosed.countDown();
                }
            }
        };
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(EpollSocketChannel.class)
                    .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                    .option(ChannelOption.AUTO_READ, false)
                    .handler(awaitFin)
                    .connect(server.getLocalSocketAddress())
                    .sync()
                    .channel();
            try (Socket peer = server.accept()) {
                peer.shutdownOutput();
                channel.read();
                halfClosed.await(10, TimeUnit.SECONDS);
                channel.read();
                channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[LENGTH]));
                assertEquals(LENGTH, peer.getInputStream().readNBytes(LENGTH).length);
            }
            channel.close().sync();
        } finally {
            Loops.shutdown(group);
        }
    }
}

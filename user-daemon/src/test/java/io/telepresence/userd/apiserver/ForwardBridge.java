package io.telepresence.userd.apiserver;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import java.nio.file.Path;

/** Where a port-forward of {@link FakeApi} ends: a unix socket. Both ends close together. */
final class ForwardBridge extends ChannelInboundHandlerAdapter {
    private final Channel forward;
    private final Channel far;

    private ForwardBridge(Channel forward, Path socket) {
        this.forward = forward;
        this.far = new Bootstrap()
                .group(forward.eventLoop())
                .channel(EpollDomainSocketChannel.class)
                .handler(this)
                .connect(new DomainSocketAddress(socket.toFile()))
                .channel();
    }

    static ForwardBridge open(Channel forward, Path socket) {
        ForwardBridge bridge = new ForwardBridge(forward, socket);
        forward.closeFuture().addListener(closed -> bridge.far.close());
        bridge.far.closeFuture().addListener(closed -> forward.close());
        return bridge;
    }

    void send(ByteBuf data) {
        far.writeAndFlush(data);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf framed = Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(new byte[] {0}), (ByteBuf) message);
        forward.writeAndFlush(new BinaryWebSocketFrame(framed));
    }
}

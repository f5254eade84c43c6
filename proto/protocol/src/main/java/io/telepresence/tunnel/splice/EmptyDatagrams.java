package io.telepresence.tunnel.splice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Socket;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/** Sends empty datagrams by itself, because Netty's channel takes them for sent without sending them. */
final class EmptyDatagrams extends ChannelOutboundHandlerAdapter {
    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(1);

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        boolean empty = !(message instanceof DatagramPacket packet ? packet.content() : (ByteBuf) message).isReadable();
        if (!empty) {
            context.write(message, promise);
            return;
        }
        context.flush();
        try {
            send((EpollDatagramChannel) context.channel(), message);
            promise.setSuccess();
        } catch (IOException e) {
            promise.setFailure(e);
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private static void send(EpollDatagramChannel channel, Object message) throws IOException {
        Socket socket = (Socket) channel.fd();
        if (message instanceof DatagramPacket packet) {
            InetSocketAddress to = packet.recipient();
            socket.sendTo(NOTHING, 0, 0, to.getAddress(), to.getPort());
        } else {
            socket.send(NOTHING, 0, 0);
        }
    }
}

package io.telepresence.userd.apiserver;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bytes to and from the frames of a port-forward: the first byte of a frame is its channel, 0 for data and 1 for an
 * error; the first frame of each channel tells the port number and nothing else.
 */
final class ForwardCodec extends ChannelDuplexHandler {
    static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(256 << 10, 1 << 20);
    private static final Logger LOG = LoggerFactory.getLogger(ForwardCodec.class);
    private static final ByteBuf DATA = Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(new byte[] {0}));
    private boolean dataSeen;
    private boolean errorSeen;
    private int channel;
    private boolean delivered;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof WebSocketFrame frame)) {
            context.fireChannelRead(message);
            return;
        }
        switch (frame) {
            case PingWebSocketFrame ping -> context.writeAndFlush(new PongWebSocketFrame(ping.content()));
            case CloseWebSocketFrame close -> {
                close.release();
                context.close();
            }
            case PongWebSocketFrame pong -> pong.release();
            default -> payload(context, frame);
        }
    }

    private void payload(ChannelHandlerContext context, WebSocketFrame frame) {
        ByteBuf content = frame.content();
        if (frame instanceof BinaryWebSocketFrame && content.isReadable()) {
            channel = content.readByte();
        }
        boolean first = channel == 0 ? !dataSeen : !errorSeen;
        dataSeen |= channel == 0;
        errorSeen |= channel == 1;
        if (first) {
            content.skipBytes(Math.min(2, content.readableBytes()));
        }
        if (!content.isReadable()) {
            content.release();
        } else if (channel == 0) {
            delivered = true;
            context.fireChannelRead(content);
        } else {
            LOG.info("port-forward ended: {}", content.toString(StandardCharsets.UTF_8));
            content.release();
            context.close();
        }
    }

    /** Frames that bring no data for the reader must not end its reading. */
    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        boolean silent = !delivered;
        delivered = false;
        context.fireChannelReadComplete();
        if (silent) {
            context.read();
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf data) {
            ByteBuf framed = Unpooled.wrappedUnmodifiableBuffer(DATA.duplicate(), data);
            context.write(new BinaryWebSocketFrame(framed), promise);
        } else {
            context.write(message, promise);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.info("port-forward failed: {}", cause.toString());
        context.close();
    }
}

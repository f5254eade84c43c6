package io.telepresence.userd.apiserver;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshakerFactory;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;

/** Turns a fresh connection to the API server into a port-forward. */
final class ForwardHandshake extends SimpleChannelInboundHandler<FullHttpResponse> {
    private static final int LARGEST_FRAME = 4 << 20;
    private static final long FORCED_CLOSE_MILLIS = 10_000;
    private final WebSocketClientHandshaker handshaker;
    private final Promise<Channel> done;

    private ForwardHandshake(WebSocketClientHandshaker handshaker, Promise<Channel> done) {
        this.handshaker = handshaker;
        this.done = done;
    }

    /** The API server said no. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;
        private final int status;
        private final String body;

        Refused(int status, String body) {
            super("status " + status);
            this.status = status;
            this.body = body;
        }

        int status() {
            return status;
        }

        String body() {
            return body;
        }
    }

    /**
     * On the channel's loop. After success the channel does not read by itself.
     *
     * @param headers with the server's name; an Origin is what browsers send
     */
    static void start(Channel channel, String path, HttpHeaders headers, Promise<Channel> done) {
        WebSocketClientHandshaker handshaker = WebSocketClientHandshakerFactory.newHandshaker(
                URI.create("ws://api-server" + path),
                WebSocketVersion.V13,
                "v4.channel.k8s.io",
                false,
                headers,
                LARGEST_FRAME,
                true,
                false,
                FORCED_CLOSE_MILLIS,
                false,
                false);
        channel.pipeline().removeLast();
        channel.pipeline()
                .addLast(new HttpClientCodec())
                .addLast(new HttpObjectAggregator(64 << 10))
                .addLast(new ForwardHandshake(handshaker, done));
        handshaker.handshake(channel).addListener(written -> {
            if (!written.isSuccess()) {
                done.tryFailure(written.cause());
            }
        });
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpResponse response) {
        if (!response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
            done.tryFailure(
                    new Refused(response.status().code(), response.content().toString(StandardCharsets.UTF_8)));
            return;
        }
        Channel channel = context.channel();
        channel.config().setAutoRead(false);
        channel.config().setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, ForwardCodec.WATER_MARK);
        context.pipeline().addAfter(context.name(), "forward", new ForwardCodec());
        handshaker.finishHandshake(channel, response);
        context.pipeline().remove(this);
        done.trySuccess(channel);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        done.tryFailure(cause);
        context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        done.tryFailure(new ClosedChannelException());
    }
}

package io.telepresence.path;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.telepresence.local.Loops;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the daemons need of an API server, over plain HTTP on the loopback: its version, the manager's pod, port-forwards
 * to it, and reviews of tokens. A token is {@code NAMESPACE/POD/UID}. Anything else is not found.
 */
final class FakeApiServer implements AutoCloseable {
    private static final Pattern TOKEN = Pattern.compile("\"token\"\\s*:\\s*\"([^/\"]+)/([^/\"]+)/([^/\"]+)\"");
    private static final String MANAGER_POD =
            """
            {"items":[{"metadata":{"name":"traffic-manager-1","namespace":"ambassador"},
              "status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}]}""";
    private static final String REVIEWED =
            """
            {"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","metadata":{},"spec":{},"status":{
              "authenticated":true,"audiences":["traffic-manager"],"user":{"username":"system:serviceaccount:%s:default",
              "extra":{"authentication.kubernetes.io/pod-name":["%s"],"authentication.kubernetes.io/pod-uid":["%s"]}}}}""";

    private final EventLoopGroup loops = Loops.create("api", 1);
    private final Set<Channel> forwards = ConcurrentHashMap.newKeySet();
    private final Channel server;
    private volatile InetSocketAddress manager;

    FakeApiServer() {
        server = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new HttpServerCodec(), new HttpObjectAggregator(1 << 20), new Requests());
                    }
                })
                .bind("127.0.0.1", 0)
                .syncUninterruptibly()
                .channel();
    }

    String url() {
        return "http://127.0.0.1:" + ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** Where port-forwards lead. */
    void manager(InetSocketAddress at) {
        manager = at;
    }

    /** Cuts every port-forward, as an API server does that restarts. */
    int cut() {
        Set<Channel> open = Set.copyOf(forwards);
        open.forEach(Channel::close);
        return open.size();
    }

    int forwards() {
        return forwards.size();
    }

    @Override
    public void close() {
        cut();
        server.close().awaitUninterruptibly(1000);
        Loops.shutdown(loops);
    }

    private final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            String path = request.uri().replaceAll("\\?.*", "");
            if (path.endsWith("/pods/traffic-manager-1/portforward")) {
                forward(context.channel(), request);
            } else if (path.equals("/version")) {
                answer(context, 200, "{\"gitVersion\":\"v1.20.2\"}");
            } else if (path.equals("/api/v1/namespaces/ambassador/pods")) {
                answer(context, 200, MANAGER_POD);
            } else if (path.endsWith("/tokenreviews")) {
                Matcher token = TOKEN.matcher(request.content().toString(StandardCharsets.UTF_8));
                boolean known = token.find();
                answer(
                        context,
                        known ? 201 : 400,
                        known ? REVIEWED.formatted(token.group(1), token.group(2), token.group(3)) : "{}");
            } else {
                answer(context, 404, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":404}");
            }
        }

        private static void answer(ChannelHandlerContext context, int status, String body) {
            var response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    HttpResponseStatus.valueOf(status),
                    Unpooled.copiedBuffer(body, StandardCharsets.UTF_8));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                    .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
            context.writeAndFlush(response);
        }

        private void forward(Channel client, FullHttpRequest request) {
            client.config().setAutoRead(false);
            new WebSocketServerHandshakerFactory("ws://api", "v4.channel.k8s.io", false, 4 << 20)
                    .newHandshaker(request)
                    .handshake(client, request)
                    .addListener(done -> client.eventLoop().execute(() -> dial(client)));
        }

        private void dial(Channel client) {
            client.pipeline().remove(this);
            for (byte channel = 0; channel < 2; channel++) {
                client.writeAndFlush(frame(channel, Unpooled.wrappedBuffer(new byte[] {1, 2})));
            }
            forwards.add(client);
            client.closeFuture().addListener(closed -> forwards.remove(client));
            new Bootstrap()
                    .group(client.eventLoop())
                    .channel(EpollSocketChannel.class)
                    .handler(new ToClient(client))
                    .connect(manager)
                    .addListener(dialled -> {
                        if (!dialled.isSuccess()) {
                            client.close();
                        }
                    });
        }
    }

    private static BinaryWebSocketFrame frame(int channel, ByteBuf data) {
        return new BinaryWebSocketFrame(
                Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(new byte[] {(byte) channel}), data));
    }

    /** At the manager's end of a port-forward. */
    private static final class ToClient extends ChannelInboundHandlerAdapter {
        private final Channel client;

        ToClient(Channel client) {
            this.client = client;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            client.pipeline().addLast(new ToManager(context.channel()));
            client.closeFuture().addListener(closed -> context.close());
            client.config().setAutoRead(true);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            client.writeAndFlush(frame(0, (ByteBuf) message));
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            client.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    private static final class ToManager extends SimpleChannelInboundHandler<BinaryWebSocketFrame> {
        private final Channel manager;

        ToManager(Channel manager) {
            this.manager = manager;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, BinaryWebSocketFrame frame) {
            if (frame.content().readByte() == 0) {
                manager.writeAndFlush(frame.content().retain());
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}

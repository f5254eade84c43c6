package io.telepresence.userd.apiserver;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.telepresence.identity.Ticket;
import io.telepresence.local.Loops;
import io.telepresence.userd.kubeconfig.KubeTarget;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.ExtendedSSLSession;

/**
 * An API server that answers as it was told, and echoes what comes over a port-forward, or takes it to a manager. Plain HTTP
 * on the loopback.
 */
public final class FakeApi implements AutoCloseable {
    /** @param status 101: a port-forward; 0: nothing is answered */
    public record Answer(int status, String body) {}

    public final Map<String, Answer> answers = new ConcurrentHashMap<>();
    /** What it says first, whatever it is asked. */
    final Queue<Answer> first = new ConcurrentLinkedQueue<>();

    /** Where port-forwards end; null: they are echoed. */
    public volatile Path manager;

    public final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
    final BlockingQueue<String> patches = new LinkedBlockingQueue<>();
    /** Type and body of what was created. */
    public final BlockingQueue<String> posts = new LinkedBlockingQueue<>();

    final List<Channel> forwards = new CopyOnWriteArrayList<>();
    private final EventLoopGroup loops = Loops.create("fake-api", 1);
    private final Channel server;

    /** Host header, and the name asked for in TLS. */
    final BlockingQueue<String> names = new LinkedBlockingQueue<>();

    public FakeApi() {
        this(null);
    }

    /** @param tls null: none */
    FakeApi(SslContext tls) {
        this(tls, new InetSocketAddress("127.0.0.1", 0));
    }

    FakeApi(SslContext tls, InetSocketAddress at) {
        server = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tls != null) {
                            channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                        }
                        channel.pipeline()
                                .addLast(new HttpServerCodec(), new HttpObjectAggregator(1 << 20), new Requests());
                    }
                })
                .bind(at)
                .syncUninterruptibly()
                .channel();
    }

    int port() {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    public KubeTarget target(Map<String, Object> user) {
        int port = port();
        return new KubeTarget("x", "default", Map.of("server", "http://127.0.0.1:" + port), user, "u");
    }

    public static String pod(String name, boolean ready) {
        return "{\"metadata\":{\"name\":\"" + name + "\",\"namespace\":\"ns\"},\"status\":{\"phase\":\"Running\","
                + "\"conditions\":[{\"type\":\"Ready\",\"status\":\"" + (ready ? "True" : "False") + "\"}]}}";
    }

    /** One that is ready, and takes proofs. */
    public static String provingPod(String name) {
        return pod(name, true)
                .replace(
                        "\"namespace\":",
                        "\"annotations\":{\"" + Ticket.POD_ANNOTATION + "\":\"" + Ticket.LEVEL + "\"},\"namespace\":");
    }

    @Override
    public void close() {
        server.close();
        Loops.shutdown(loops);
    }

    private final class Requests extends SimpleChannelInboundHandler<Object> {
        private ForwardBridge bridge;

        @Override
        protected void channelRead0(ChannelHandlerContext context, Object message) {
            if (message instanceof FullHttpRequest request) {
                request(context, request);
            } else if (message instanceof BinaryWebSocketFrame frame
                    && frame.content().readByte() == 0) {
                if (bridge != null) {
                    bridge.send(frame.content().retain());
                    return;
                }
                context.writeAndFlush(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(
                        Unpooled.wrappedBuffer(new byte[] {0}), frame.content().retain())));
            } else if (message instanceof WebSocketFrame frame) {
                requests.add(frame.getClass().getSimpleName());
            }
        }

        private static String serverName(ChannelHandlerContext context) {
            SslHandler tls = context.pipeline().get(SslHandler.class);
            return tls != null && tls.engine().getSession() instanceof ExtendedSSLSession session
                    ? session.getRequestedServerNames().stream()
                            .map(n -> new String(n.getEncoded(), StandardCharsets.US_ASCII))
                            .findFirst()
                            .orElse("-")
                    : "-";
        }

        private void request(ChannelHandlerContext context, FullHttpRequest request) {
            names.add(request.headers().get("Host") + " " + serverName(context));
            requests.add(request.uri() + " " + request.headers().get("Authorization", "-") + " "
                    + request.headers().get("Impersonate-User", "-"));
            if (request.method().name().equals("PATCH")) {
                patches.add(request.headers().get("Content-Type") + " "
                        + request.content().toString(StandardCharsets.UTF_8));
            }
            if (request.method().name().equals("POST")) {
                posts.add(request.headers().get("Content-Type") + " "
                        + request.content().toString(StandardCharsets.UTF_8));
            }
            String path = request.uri().replaceAll("\\?.*", "");
            Answer answer = Optional.ofNullable(first.poll())
                    .orElseGet(() -> answers.getOrDefault(path, new Answer(404, "{}")));
            if (answer.status() == 101) {
                var handshaker = new WebSocketServerHandshakerFactory("ws://x", "v4.channel.k8s.io", false, 4 << 20)
                        .newHandshaker(request);
                handshaker.handshake(context.channel(), request);
                forwards.add(context.channel());
                context.write(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(new byte[] {0, 1, 2})));
                context.write(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(new byte[] {1, 1, 2})));
                context.writeAndFlush(new PingWebSocketFrame());
                Path to = manager;
                bridge = to == null ? null : ForwardBridge.open(context.channel(), to);
                return;
            }
            if (answer.status() == 0) {
                return;
            }
            var response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    HttpResponseStatus.valueOf(answer.status()),
                    Unpooled.copiedBuffer(answer.body(), StandardCharsets.UTF_8));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
            context.writeAndFlush(response);
        }
    }
}

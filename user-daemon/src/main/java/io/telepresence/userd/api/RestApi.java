package io.telepresence.userd.api;

import com.google.gson.Gson;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.filter.HttpHead;
import io.telepresence.local.Loops;
import io.telepresence.rpc.manager.Engagement;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Answers {@code GET /healthz}, {@code /consume-here} and {@code /intercept-info} on 127.0.0.1, as the agent does in the
 * pod but seen from the other side: what is engaged is consumed here. Owns its event loop.
 */
public final class RestApi implements AutoCloseable {
    private static final String CALLER = "x-telepresence-caller-intercept-id";
    private static final int MOST_BODY = 64 << 10;
    private static final int IDLE_SECONDS = 60;

    private final EventLoopGroup loops = Loops.create("rest-api", 1);
    private final Consumption consumption;
    private Channel channel;

    private RestApi(Consumption consumption) {
        this.consumption = consumption;
    }

    /** Listens on that port of 127.0.0.1; zero: a free one. */
    public static RestApi open(int port, Consumption consumption) throws FaultException {
        RestApi api = new RestApi(consumption);
        ChannelFuture bound = new ServerBootstrap()
                .group(api.loops)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel caller) {
                        caller.pipeline()
                                .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
                                .addLast(new HttpServerCodec())
                                .addLast(new HttpServerKeepAliveHandler())
                                .addLast(new HttpObjectAggregator(MOST_BODY))
                                .addLast(api.new Answers());
                    }
                })
                .bind("127.0.0.1", port)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            api.close();
            throw Fault.config(
                            "the REST API cannot listen on 127.0.0.1:" + port + ": "
                                    + bound.cause().getMessage(),
                            "The port can be configured as \"telepresenceAPI.port\"")
                    .exception(bound.cause());
        }
        api.channel = bound.channel();
        return api;
    }

    public int port() {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    @Override
    public void close() {
        if (channel != null) {
            channel.close();
        }
        Loops.shutdown(loops);
    }

    private DefaultFullHttpResponse answer(FullHttpRequest request) {
        QueryStringDecoder target = new QueryStringDecoder(request.uri());
        if (!request.method().equals(HttpMethod.GET)) {
            return response(HttpResponseStatus.METHOD_NOT_ALLOWED, "text/plain", "only GET\n");
        }
        return switch (target.path()) {
            case "/healthz" -> response(HttpResponseStatus.OK, "text/plain", "");
            case "/consume-here" -> {
                boolean here = consumption.judge(question(request, target)).isPresent();
                yield response(HttpResponseStatus.OK, "application/json", Boolean.toString(here));
            }
            case "/intercept-info" ->
                response(HttpResponseStatus.OK, "application/json", info(consumption.judge(question(request, target))));
            default -> response(HttpResponseStatus.NOT_FOUND, "text/plain", "not found\n");
        };
    }

    private static Consumption.Question question(FullHttpRequest request, QueryStringDecoder target) {
        String port = first(target, "containerPort");
        if (!port.matches("\\d{0,5}")) {
            throw new IllegalArgumentException("containerPort is not a number");
        }
        return new Consumption.Question(
                new Message(request, first(target, "path")),
                port.isEmpty() ? 0 : Integer.parseInt(port),
                request.headers().get(CALLER, "").strip());
    }

    private static String first(QueryStringDecoder target, String name) {
        return target.parameters().getOrDefault(name, List.of("")).getFirst();
    }

    private static String info(Optional<Engagement> engagement) {
        Map<String, Object> info = new LinkedHashMap<>();
        info.put("intercepted", engagement.isPresent());
        info.put("clientSide", true);
        engagement
                .map(e -> e.getSpec().getMetadataMap())
                .filter(m -> !m.isEmpty())
                .ifPresent(m -> info.put("metadata", m));
        return new Gson().toJson(info);
    }

    private static DefaultFullHttpResponse response(HttpResponseStatus status, String type, String text) {
        ByteBuf body = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
        DefaultFullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        return response;
    }

    /** The message as a filter sees it. */
    private record Message(FullHttpRequest request, String path) implements HttpHead {
        @Override
        public String method() {
            return request.method().name();
        }

        @Override
        public String header(String lowerCaseName) {
            List<String> values = request.headers().getAll(lowerCaseName);
            return values.isEmpty() ? null : String.join(", ", values);
        }
    }

    private final class Answers extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            DefaultFullHttpResponse response;
            try {
                response = request.decoderResult().isFailure()
                        ? response(HttpResponseStatus.BAD_REQUEST, "text/plain", "bad request\n")
                        : answer(request);
            } catch (IllegalArgumentException e) {
                response = response(HttpResponseStatus.BAD_REQUEST, "text/plain", e.getMessage() + "\n");
            }
            context.writeAndFlush(response);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}

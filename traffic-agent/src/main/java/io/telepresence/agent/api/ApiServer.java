package io.telepresence.agent.api;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
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
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Answers {@code GET /healthz}, {@code /consume-here} and {@code /intercept-info}. The request's own headers are those of
 * the message; {@code ?path=} and {@code ?containerPort=} may narrow it down.
 */
public final class ApiServer implements AutoCloseable {
    private static final String CALLER = "x-telepresence-caller-intercept-id";
    private static final int MOST_BODY = 64 << 10;
    private static final int IDLE_SECONDS = 60;

    private final Channel channel;
    private final Consumption consumption;

    private ApiServer(InetSocketAddress address, EventLoopGroup loops, Consumption consumption) throws FaultException {
        this.consumption = consumption;
        ChannelFuture binding = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel caller) {
                        caller.pipeline()
                                .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
                                .addLast(new HttpServerCodec())
                                .addLast(new HttpServerKeepAliveHandler())
                                .addLast(new HttpObjectAggregator(MOST_BODY))
                                .addLast(new Answer());
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!binding.isSuccess()) {
            throw Fault.config(
                            "cannot listen on the port of the REST API, " + address.getPort() + ": "
                                    + binding.cause().getMessage(),
                            "Choose another one with the Helm value telepresenceAPI.port.")
                    .exception(binding.cause());
        }
        channel = binding.channel();
    }

    /** Listens; returns once it is bound. */
    public static ApiServer open(InetSocketAddress address, EventLoopGroup loops, Consumption consumption)
            throws FaultException {
        return new ApiServer(address, loops, consumption);
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
    }

    private DefaultFullHttpResponse answer(FullHttpRequest request) {
        QueryStringDecoder target = new QueryStringDecoder(request.uri());
        if (!request.method().equals(HttpMethod.GET)) {
            return response(HttpResponseStatus.METHOD_NOT_ALLOWED, "text/plain", "only GET\n");
        }
        return switch (target.path()) {
            case "/healthz" -> response(HttpResponseStatus.OK, "text/plain", "");
            case "/consume-here" -> {
                boolean here = !consumption.judge(question(request, target)).intercepted();
                yield response(HttpResponseStatus.OK, "application/json", Boolean.toString(here));
            }
            case "/intercept-info" ->
                response(HttpResponseStatus.OK, "application/json", json(consumption.judge(question(request, target))));
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

    private static String json(Consumption.Answer answer) {
        Struct.Builder info = Struct.newBuilder().putFields("intercepted", bool(answer.intercepted()));
        info.putFields("clientSide", bool(false));
        if (answer.intercepted() && !answer.metadata().isEmpty()) {
            Struct.Builder metadata = Struct.newBuilder();
            Map<String, String> said = answer.metadata();
            said.forEach((name, value) -> metadata.putFields(
                    name, Value.newBuilder().setStringValue(value).build()));
            info.putFields(
                    "metadata", Value.newBuilder().setStructValue(metadata).build());
        }
        try {
            return JsonFormat.printer().omittingInsignificantWhitespace().print(info);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Value bool(boolean value) {
        return Value.newBuilder().setBoolValue(value).build();
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

    private final class Answer extends SimpleChannelInboundHandler<FullHttpRequest> {
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

package io.telepresence.rest;

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
import io.telepresence.engagement.HttpHead;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Answers {@code GET /healthz}, {@code /consume-here} and {@code /intercept-info}. The request's own headers are those of
 * the message; {@code ?path=} and {@code ?containerPort=} may narrow it down. The event loops are the caller's.
 */
public final class RestServer implements AutoCloseable {
    private static final String CALLER = "x-telepresence-caller-intercept-id";
    private static final int MOST_BODY = 64 << 10;
    private static final int IDLE_SECONDS = 60;

    private final Channel channel;
    private final boolean clientSide;
    private final Function<Question, Answer> judge;

    private RestServer(
            InetSocketAddress address,
            EventLoopGroup loops,
            boolean clientSide,
            Predicate<InetAddress> welcome,
            Function<Question, Answer> judge)
            throws FaultException {
        this.clientSide = clientSide;
        this.judge = judge;
        ChannelFuture binding = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel caller) {
                        if (!(caller.remoteAddress() instanceof InetSocketAddress from)
                                || !welcome.test(from.getAddress())) {
                            caller.close();
                            return;
                        }
                        caller.pipeline()
                                .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
                                .addLast(new HttpServerCodec())
                                .addLast(new HttpServerKeepAliveHandler())
                                .addLast(new HttpObjectAggregator(MOST_BODY))
                                .addLast(new Answers());
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!binding.isSuccess()) {
            throw Fault.config(
                            "the REST API cannot listen on port " + address.getPort() + ": "
                                    + binding.cause().getMessage(),
                            "Choose another port with the Helm value telepresenceAPI.port")
                    .exception(binding.cause());
        }
        channel = binding.channel();
    }

    /**
     * Listens; returns once it is bound.
     *
     * @param clientSide whether "here" is a laptop: what is intercepted is consumed here
     * @param welcome whether a caller of that address is served; called on the event loop; must not wait
     * @param judge likewise
     */
    public static RestServer open(
            InetSocketAddress address,
            EventLoopGroup loops,
            boolean clientSide,
            Predicate<InetAddress> welcome,
            Function<Question, Answer> judge)
            throws FaultException {
        return new RestServer(address, loops, clientSide, welcome, judge);
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
                boolean here = judge.apply(question(request, target)).intercepted() == clientSide;
                yield response(HttpResponseStatus.OK, "application/json", Boolean.toString(here));
            }
            case "/intercept-info" -> {
                Answer answer = judge.apply(question(request, target));
                yield response(HttpResponseStatus.OK, "application/json", answer.json(clientSide));
            }
            default -> response(HttpResponseStatus.NOT_FOUND, "text/plain", "not found\n");
        };
    }

    private static Question question(FullHttpRequest request, QueryStringDecoder target) {
        String port = first(target, "containerPort");
        if (!port.matches("\\d{0,5}")) {
            throw new IllegalArgumentException("containerPort is not a number");
        }
        return new Question(
                new Message(request, HttpHead.octets(first(target, "path"))),
                port.isEmpty() ? 0 : Integer.parseInt(port),
                request.headers().get(CALLER, "").strip());
    }

    private static String first(QueryStringDecoder target, String name) {
        return target.parameters().getOrDefault(name, List.of("")).getFirst();
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

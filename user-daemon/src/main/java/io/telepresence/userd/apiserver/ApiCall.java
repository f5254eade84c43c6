package io.telepresence.userd.apiserver;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Promise;
import io.telepresence.fault.FaultException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One request at the API server, on a connection of its own. */
final class ApiCall {
    private static final int LARGEST = 64 << 20;

    private ApiCall() {}

    record Reply(int status, String body) {}

    /** Blocks for at most {@code limit}. A refused credential is renewed and tried once more. */
    static Reply get(ApiServer server, EventLoopGroup loops, String path, Duration limit) throws FaultException {
        return run(server, loops, new Request(HttpMethod.GET, path, "", ""), limit);
    }

    /** The same with a JSON merge patch (RFC 7396) as the body. */
    static Reply patch(ApiServer server, EventLoopGroup loops, String path, String patch, Duration limit)
            throws FaultException {
        return run(server, loops, new Request(HttpMethod.PATCH, path, "application/merge-patch+json", patch), limit);
    }

    /** The same with an object to create as the body. */
    static Reply post(ApiServer server, EventLoopGroup loops, String path, String object, Duration limit)
            throws FaultException {
        return run(server, loops, new Request(HttpMethod.POST, path, "application/json", object), limit);
    }

    /** @param type of the body */
    private record Request(HttpMethod method, String path, String type, String body) {}

    private static Reply run(ApiServer server, EventLoopGroup loops, Request request, Duration limit)
            throws FaultException {
        Reply reply = once(server, loops, request, limit);
        if (reply.status() == 401) {
            server.refused();
            reply = once(server, loops, request, limit);
        }
        if (reply.status() != 401) {
            server.accepted();
        }
        return reply;
    }

    private static Reply once(ApiServer server, EventLoopGroup loops, Request wanted, Duration limit)
            throws FaultException {
        EventLoop loop = loops.next();
        Promise<Reply> reply = loop.newPromise();
        ByteBuf body = Unpooled.copiedBuffer(wanted.body(), StandardCharsets.UTF_8);
        FullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, wanted.method(), server.path(wanted.path()), body);
        server.headers(request.headers());
        request.headers().set(HttpHeaderNames.ACCEPT, "application/json").set(HttpHeaderNames.CONNECTION, "close");
        if (body.isReadable()) {
            request.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, wanted.type())
                    .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        }
        ApiDial.Way way = ApiDial.Way.of(server);
        Promise<Channel> connected = loop.newPromise();
        ApiDial.connect(server, way, loop, limit, connected);
        connected.addListener(result -> {
            if (result.isSuccess()) {
                send(connected.getNow(), request, reply);
            } else {
                reply.tryFailure(result.cause());
            }
        });
        try {
            return reply.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw ApiFaults.ofError(e.getCause(), server.url(), limit).exception(e.getCause());
        } catch (TimeoutException e) {
            throw ApiFaults.ofError(e, server.url(), limit).exception(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiFaults.ofError(e, server.url(), limit).exception(e);
        } finally {
            connected.tryFailure(new TimeoutException());
            closeIfOpen(connected);
        }
    }

    private static void closeIfOpen(Promise<Channel> connected) {
        if (connected.isSuccess()) {
            connected.getNow().close();
        }
    }

    private static void send(Channel channel, FullHttpRequest request, Promise<Reply> reply) {
        channel.pipeline().removeLast();
        channel.pipeline().addLast(new HttpClientCodec(), new HttpObjectAggregator(LARGEST), new Answer(reply));
        channel.writeAndFlush(request).addListener(written -> {
            if (!written.isSuccess()) {
                reply.tryFailure(written.cause());
            }
        });
    }

    private static final class Answer extends SimpleChannelInboundHandler<FullHttpResponse> {
        private final Promise<Reply> reply;

        Answer(Promise<Reply> reply) {
            this.reply = reply;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpResponse response) {
            reply.trySuccess(
                    new Reply(response.status().code(), response.content().toString(StandardCharsets.UTF_8)));
            context.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            reply.tryFailure(cause);
            context.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            reply.tryFailure(new ClosedChannelException());
        }
    }
}

package io.telepresence.manager.webhook;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import io.telepresence.limits.ConnectionLimits;
import io.telepresence.limits.GuardedConnection;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests of one connection, one after the other: HEAD → BODY → REVIEW → HEAD. Every answer but that of a review ends
 * the connection, and nothing more is read of it. On the connection's loop.
 */
final class WebhookConnection extends SimpleChannelInboundHandler<HttpObject> {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookConnection.class);
    private static final int FIRST_BUFFER = 16 << 10;

    /** So long a refused caller may take to read why; then its connection is reset. */
    private static final long LINGER_MILLIS = 2_000;

    private enum State {
        HEAD,
        BODY,
        REVIEW,
        REFUSED
    }

    /**
     * What all connections have in common.
     *
     * @param within from a request's head to its answer
     */
    record Shared(WebhookPath path, ReviewQueue queue, ConnectionLimits limits, Duration within) {}

    private final Shared shared;
    private State state = State.HEAD;
    private boolean keep;
    private ByteBuf body = Unpooled.EMPTY_BUFFER;
    private int reserved;
    private Future<?> deadline;
    private Runnable withdraw = () -> {};

    WebhookConnection(Shared shared) {
        this.shared = shared;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
        if (part.decoderResult().isFailure()) {
            refuse(context, HttpResponseStatus.BAD_REQUEST);
        } else if (part instanceof HttpRequest head) {
            head(context, head);
        } else if (part instanceof HttpContent content && state == State.BODY) {
            content(context, content);
        }
    }

    private void head(ChannelHandlerContext context, HttpRequest head) {
        HttpResponseStatus refusal = refusal(head);
        if (refusal != null) {
            refuse(context, refusal);
            return;
        }
        shared.limits().of(context.channel().remoteAddress()).ifPresent(GuardedConnection::trust);
        if (HttpUtil.getContentLength(head, 0L) > ReviewRequest.MOST_BYTES) {
            refuse(context, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE);
            return;
        }
        state = State.BODY;
        keep = HttpUtil.isKeepAlive(head);
        body = Unpooled.buffer(FIRST_BUFFER, ReviewRequest.MOST_BYTES);
        deadline =
                context.executor().schedule(() -> late(context), shared.within().toMillis(), TimeUnit.MILLISECONDS);
        if (HttpUtil.is100ContinueExpected(head)) {
            context.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
        }
    }

    /** Null: it is the API server's call. {@code /healthz} is for clients that ask whether they reach the cluster. */
    private HttpResponseStatus refusal(HttpRequest head) {
        if (state != State.HEAD) {
            return HttpResponseStatus.BAD_REQUEST;
        }
        if (head.uri().equals("/healthz")) {
            return HttpResponseStatus.OK;
        }
        if (!shared.path().is(head.uri())) {
            return HttpResponseStatus.NOT_FOUND;
        }
        return head.method().equals(HttpMethod.POST) ? null : HttpResponseStatus.METHOD_NOT_ALLOWED;
    }

    private void content(ChannelHandlerContext context, HttpContent content) {
        int more = content.content().readableBytes();
        if (body.readableBytes() + more > ReviewRequest.MOST_BYTES) {
            refuse(context, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE);
        } else if (!shared.queue().reserve(more)) {
            refuse(context, HttpResponseStatus.SERVICE_UNAVAILABLE);
        } else {
            reserved += more;
            body.writeBytes(content.content());
            if (content instanceof LastHttpContent) {
                submit(context);
            }
        }
    }

    private void submit(ChannelHandlerContext context) {
        state = State.REVIEW;
        context.channel().config().setAutoRead(false);
        byte[] document = new byte[body.readableBytes()];
        body.readBytes(document);
        body = Unpooled.EMPTY_BUFFER;
        Optional<Runnable> waiting =
                shared.queue().submit(document, answer -> context.executor().execute(() -> answered(context, answer)));
        if (waiting.isEmpty()) {
            refuse(context, HttpResponseStatus.SERVICE_UNAVAILABLE);
        } else {
            reserved = 0;
            withdraw = waiting.get();
        }
    }

    private void answered(ChannelHandlerContext context, ReviewQueue.Answer answer) {
        if (state != State.REVIEW) {
            return;
        }
        if (answer.status() != 200) {
            refuse(context, HttpResponseStatus.valueOf(answer.status()));
            return;
        }
        forget();
        state = keep ? State.HEAD : State.REFUSED;
        DefaultFullHttpResponse response = response(HttpResponseStatus.OK, Unpooled.wrappedBuffer(answer.body()));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON);
        if (keep) {
            context.writeAndFlush(response);
            context.channel().config().setAutoRead(true);
        } else {
            finish(context, response);
        }
    }

    private void late(ChannelHandlerContext context) {
        if (state == State.BODY || state == State.REVIEW) {
            LOG.warn(
                    "a review from {} was not answered in time",
                    context.channel().remoteAddress());
            refuse(context, HttpResponseStatus.SERVICE_UNAVAILABLE);
        }
    }

    private void refuse(ChannelHandlerContext context, HttpResponseStatus status) {
        if (state != State.REFUSED) {
            state = State.REFUSED;
            forget();
            finish(context, response(status, Unpooled.EMPTY_BUFFER));
        }
    }

    private static DefaultFullHttpResponse response(HttpResponseStatus status, ByteBuf body) {
        DefaultFullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
        HttpUtil.setContentLength(response, body.readableBytes());
        return response;
    }

    /** The last answer of this connection. */
    private void finish(ChannelHandlerContext context, DefaultFullHttpResponse response) {
        context.channel().config().setAutoRead(false);
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        context.writeAndFlush(response);
        context.executor().schedule(() -> context.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** The request is over, or nobody waits for it any more. */
    private void forget() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
        shared.queue().release(reserved);
        reserved = 0;
        body = Unpooled.EMPTY_BUFFER;
        withdraw.run();
        withdraw = () -> {};
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        state = State.REFUSED;
        forget();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.debug("{}: {}", context.channel().remoteAddress(), cause.toString());
        context.close();
    }
}

package io.telepresence.manager.webhook;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.telepresence.base.AddressText;
import io.telepresence.limits.ConnectionLimits;
import io.telepresence.local.Loops;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTPS edge that the API server calls: one path, POST, JSON in and out; and {@code /healthz}, by which clients find
 * out whether they reach the cluster's services by themselves. Everybody in the cluster reaches the port: who does not know
 * the path has a bounded share of one thread, and of little memory.
 */
public final class Webhook implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);

    /** Until the path is known; the bytes are those of a handshake, a head, and what one read brings with them. */
    private static final ConnectionLimits.Limits STRANGERS =
            new ConnectionLimits.Limits(256, 160 << 10, 8L << 20, 0, Duration.ofSeconds(10));

    /** The API server itself closes what is idle for 90 s. */
    private static final int IDLE_SECONDS = 120;

    private static final int WRITE_SECONDS = 10;
    private static final int LONGEST_HEAD = 16 << 10;

    private final EventLoopGroup loops;
    private final ReviewQueue queue;
    private final Channel channel;

    private Webhook(EventLoopGroup loops, ReviewQueue queue, Channel channel) {
        this.loops = loops;
        this.queue = queue;
        this.channel = channel;
    }

    /**
     * Listens on all addresses until closed.
     *
     * @param within what the API server waits for an answer is longer than this
     */
    public static Webhook open(InetSocketAddress address, WebhookKeys keys, Duration within, ReviewQueue.Review review)
            throws IOException, GeneralSecurityException {
        SSLContext context = new WebhookTls(keys).context();
        ConnectionLimits limits = new ConnectionLimits(STRANGERS);
        ReviewQueue queue = ReviewQueue.open(review);
        EventLoopGroup loops = Loops.create("webhook", 1);
        WebhookConnection.Shared shared = new WebhookConnection.Shared(new WebhookPath(keys), queue, limits, within);
        ChannelFuture binding = new ServerBootstrap()
                .group(loops)
                .channelFactory(limits.sockets())
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel caller) {
                        caller.pipeline()
                                .addLast(tls(context))
                                .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
                                .addLast(new WriteTimeoutHandler(WRITE_SECONDS))
                                .addLast(new HttpServerCodec(4096, LONGEST_HEAD, 64 << 10))
                                .addLast(new WebhookConnection(shared));
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        Webhook webhook = new Webhook(loops, queue, binding.channel());
        if (!binding.isSuccess()) {
            webhook.close();
            throw new IOException("cannot listen on " + AddressText.of(address), binding.cause());
        }
        LOG.info("webhook listens on {}", AddressText.of(binding.channel().localAddress()));
        return webhook;
    }

    private static SslHandler tls(SSLContext context) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        SslHandler handler = new SslHandler(engine);
        handler.setHandshakeTimeout(STRANGERS.within().toSeconds(), TimeUnit.SECONDS);
        return handler;
    }

    int port() {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    @Override
    public void close() {
        channel.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        queue.close();
        Loops.shutdown(loops);
    }
}

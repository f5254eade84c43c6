package io.telepresence.userd.cluster;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.proxy.ProxyHandler;
import io.netty.handler.proxy.Socks5ProxyHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;

/** Makes one connection to the API server, through its proxy and TLS. */
final class ApiDial {
    private ApiDial() {}

    /**
     * Connects on {@code loop} and tries all addresses in turn. The channel's last handler is {@link Ready}, which the
     * caller replaces; reading is automatic.
     *
     * @param tls null: plain HTTP
     */
    static void connect(ApiServer server, SslContext tls, EventLoop loop, Duration limit, Promise<Channel> done) {
        attempt(server, tls, loop, limit, done, 0);
    }

    private static void attempt(
            ApiServer server, SslContext tls, EventLoop loop, Duration limit, Promise<Channel> done, int index) {
        List<InetAddress> addresses = server.addresses();
        Promise<Channel> one = loop.newPromise();
        Proxy proxy = server.proxy();
        int port = proxy == null ? server.port() : proxy.port();
        InetSocketAddress first = new InetSocketAddress(addresses.get(index), port);
        SocketAddress to = proxy == null ? first : server.authority();
        bootstrap(server, tls, loop, limit, one, first).connect(to).addListener(connected -> {
            if (!connected.isSuccess()) {
                one.tryFailure(connected.cause());
            }
        });
        one.addListener(result -> {
            if (result.isSuccess()) {
                Channel channel = one.getNow();
                if (!done.trySuccess(channel)) {
                    channel.close();
                }
            } else if (index + 1 < addresses.size() && !done.isDone()) {
                attempt(server, tls, loop, limit, done, index + 1);
            } else {
                done.tryFailure(result.cause());
            }
        });
    }

    private static Bootstrap bootstrap(
            ApiServer server,
            SslContext tls,
            EventLoop loop,
            Duration limit,
            Promise<Channel> one,
            InetSocketAddress first) {
        return new Bootstrap()
                .group(loop)
                .channel(EpollSocketChannel.class)
                .resolver(NoopAddressResolverGroup.INSTANCE)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) limit.toMillis())
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (server.proxy() != null) {
                            channel.pipeline().addLast(handler(server.proxy(), first, limit));
                        }
                        if (tls != null) {
                            SslHandler handler = tls.newHandler(
                                    channel.alloc(),
                                    server.tlsName(),
                                    server.authority().getPort());
                            handler.setHandshakeTimeoutMillis(limit.toMillis());
                            channel.pipeline().addLast(handler);
                        }
                        channel.pipeline().addLast(new Ready(tls != null, one));
                    }
                });
    }

    private static ProxyHandler handler(Proxy proxy, InetSocketAddress address, Duration limit) {
        boolean named = !proxy.user().isEmpty();
        ProxyHandler handler;
        if (proxy.scheme().equals("socks5")) {
            handler = named
                    ? new Socks5ProxyHandler(address, proxy.user(), proxy.password())
                    : new Socks5ProxyHandler(address);
        } else {
            handler = named
                    ? new HttpProxyHandler(address, proxy.user(), proxy.password())
                    : new HttpProxyHandler(address);
        }
        handler.setConnectTimeoutMillis(limit.toMillis());
        return handler;
    }

    /** Waits until requests can be written. */
    static final class Ready extends ChannelInboundHandlerAdapter {
        private final boolean secure;
        private final Promise<Channel> promise;

        Ready(boolean secure, Promise<Channel> promise) {
            this.secure = secure;
            this.promise = promise;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            if (!secure) {
                promise.trySuccess(context.channel());
            }
            context.fireChannelActive();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake) {
                if (handshake.isSuccess()) {
                    promise.trySuccess(context.channel());
                } else {
                    promise.tryFailure(handshake.cause());
                }
            }
            context.fireUserEventTriggered(event);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            promise.tryFailure(cause);
            context.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            promise.tryFailure(new java.nio.channels.ClosedChannelException());
            context.fireChannelInactive();
        }
    }
}

package io.telepresence.userd.apiserver;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.proxy.ProxyHandler;
import io.netty.handler.proxy.Socks5ProxyHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.util.concurrent.Promise;
import io.telepresence.fault.FaultException;
import io.telepresence.userd.kubeconfig.Proxy;
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
     * @param way of the server
     */
    static void connect(ApiServer server, Way way, EventLoop loop, Duration limit, Promise<Channel> done) {
        attempt(server, way, loop, limit, done, 0);
    }

    /**
     * How to get there now.
     *
     * @param addresses of the server or its proxy
     * @param server TLS of the server; null: it has none
     * @param proxy the same of the proxy
     */
    record Way(List<InetAddress> addresses, SslContext server, SslContext proxy) {
        /** Blocks. */
        static Way of(ApiServer server) throws FaultException {
            return new Way(
                    server.lookUp(),
                    server.secure() ? server.tls() : null,
                    server.proxy() != null && server.proxy().secure() ? server.proxyTls() : null);
        }
    }

    private static void attempt(
            ApiServer server, Way way, EventLoop loop, Duration limit, Promise<Channel> done, int index) {
        List<InetAddress> addresses = way.addresses();
        Promise<Channel> one = loop.newPromise();
        Proxy proxy = server.proxy();
        int port = proxy == null ? server.port() : proxy.port();
        InetSocketAddress first = new InetSocketAddress(addresses.get(index), port);
        SocketAddress to = proxy == null ? first : server.forProxy();
        bootstrap(server, way, loop, limit, one, first).connect(to).addListener(connected -> {
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
                attempt(server, way, loop, limit, done, index + 1);
            } else {
                done.tryFailure(result.cause());
            }
        });
    }

    private static Bootstrap bootstrap(
            ApiServer server, Way way, EventLoop loop, Duration limit, Promise<Channel> one, InetSocketAddress first) {
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
                        pipeline(channel, server, way, limit, one, first);
                    }
                });
    }

    private static void pipeline(
            Channel channel, ApiServer server, Way way, Duration limit, Promise<Channel> one, InetSocketAddress first) {
        Proxy proxy = server.proxy();
        if (way.proxy() != null) {
            SslHandler toProxy = ApiTls.handler(way.proxy(), channel.alloc(), proxy.host(), proxy.port(), limit);
            toProxy.handshakeFuture().addListener(done -> {
                if (!done.isSuccess()) {
                    one.tryFailure(new ProxyConnectException("no trusted TLS connection to the proxy " + proxy.host()
                            + ": " + ApiFaults.reason(done.cause())));
                }
            });
            channel.pipeline().addLast(toProxy);
        }
        if (proxy != null) {
            channel.pipeline().addLast(handler(proxy, first, limit));
        }
        SslHandler toServer = null;
        if (way.server() != null) {
            toServer = ApiTls.handler(
                    way.server(),
                    channel.alloc(),
                    server.tlsName(),
                    server.forProxy().getPort(),
                    limit);
            channel.pipeline().addLast(toServer);
        }
        channel.pipeline().addLast(new Ready(one, toServer));
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
        private final Promise<Channel> promise;
        private final SslHandler tls;

        /** @param tls before this handler; null: requests may be written at once */
        Ready(Promise<Channel> promise, SslHandler tls) {
            this.promise = promise;
            this.tls = tls;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            if (tls != null) {
                tls.handshakeFuture().addListener(done -> {
                    if (done.isSuccess()) {
                        promise.trySuccess(context.channel());
                    } else {
                        promise.tryFailure(done.cause());
                    }
                });
            }
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            if (tls == null) {
                promise.trySuccess(context.channel());
            }
            context.fireChannelActive();
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

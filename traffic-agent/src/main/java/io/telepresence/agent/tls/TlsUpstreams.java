package io.telepresence.agent.tls;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.telepresence.agent.route.Destination;
import io.telepresence.agent.stream.Upstreams;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/**
 * Connections that speak TLS again, as the caller did: with the name that it asked for and the protocol that was agreed
 * with it. Only laptops that want to see what is inside get it in the clear.
 */
final class TlsUpstreams implements Upstreams {
    private static final int PATIENCE_MILLIS = 5_000;

    private final Upstreams plain;
    private final Certificates certificates;
    private final String name;
    private final List<String> protocols;

    /**
     * @param name that the caller has asked for; empty: none
     * @param protocols to be offered; with several, whichever is chosen will do
     */
    TlsUpstreams(Upstreams plain, Certificates certificates, String name, List<String> protocols) {
        this.plain = plain;
        this.certificates = certificates;
        this.name = name;
        this.protocols = protocols;
    }

    @Override
    public void connect(
            EventLoop loop,
            Destination to,
            InetSocketAddress caller,
            Supplier<? extends ChannelHandler> handlers,
            Consumer<Channel> connected,
            Consumer<Throwable> failed) {
        if (to instanceof Destination.ToClient client && client.target().plaintext()) {
            plain.connect(loop, to, caller, handlers, connected, failed);
        } else {
            plain.connect(
                    loop, to, caller, Mute::new, channel -> shake(channel, to, handlers, connected, failed), failed);
        }
    }

    private void shake(
            Channel channel,
            Destination to,
            Supplier<? extends ChannelHandler> handlers,
            Consumer<Channel> connected,
            Consumer<Throwable> failed) {
        SslHandler tls;
        try {
            tls = handler(channel, to);
        } catch (SSLException e) {
            channel.close();
            failed.accept(e);
            return;
        }
        tls.handshakeFuture().addListener(done -> {
            if (!done.isSuccess()) {
                channel.close();
                failed.accept(done.cause());
            } else if (!agreed(tls)) {
                channel.close();
                failed.accept(new ConnectException("it does not speak " + protocols + " inside TLS"));
            } else {
                channel.pipeline().remove(Mute.class);
                channel.pipeline().addLast(handlers.get());
                connected.accept(channel);
            }
        });
        channel.pipeline().addFirst(tls, new TlsEnd());
        // Past TLS: what comes with the end of the handshake is not asked for yet.
        channel.pipeline().context(tls).read();
    }

    private SslHandler handler(Channel channel, Destination to) throws SSLException {
        SslContext context =
                to instanceof Destination.ToApp ? certificates.forApp(protocols) : certificates.forLaptops(protocols);
        SslHandler tls =
                name.isEmpty() ? context.newHandler(channel.alloc()) : context.newHandler(channel.alloc(), name, -1);
        tls.setHandshakeTimeoutMillis(PATIENCE_MILLIS);
        return tls;
    }

    private boolean agreed(SslHandler tls) {
        return !protocols.equals(List.of(TlsHandler.HTTP2)) || TlsHandler.HTTP2.equals(tls.applicationProtocol());
    }

    /** Errors of the handshake are told by its future. */
    private static final class Mute extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}

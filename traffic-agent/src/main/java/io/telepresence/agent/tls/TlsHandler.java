package io.telepresence.agent.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.telepresence.agent.http2.Http2Handler;
import io.telepresence.agent.stream.PortServices;
import io.telepresence.agent.stream.ProtocolHandler;
import io.telepresence.agent.stream.Sockets;
import io.telepresence.agent.tcp.ProtocolHandlers;
import io.telepresence.agent.tcp.TcpForwarder;
import io.telepresence.agree.PortProtocol;
import java.net.InetSocketAddress;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the callers' TLS with the app's certificate, so that what is inside can be judged. Where it goes, TLS is spoken
 * again: with the app, and with laptops unless they want to see what is inside. Thread-safe.
 */
public final class TlsHandler implements ProtocolHandler {
    static final String HTTP1 = "http/1.1";
    static final String HTTP2 = "h2";
    private static final int PATIENCE_MILLIS = 10_000;
    private static final Logger LOG = LoggerFactory.getLogger(TlsHandler.class);

    private final PortServices services;
    private final Certificates certificates;
    private final AppProtocols protocols;

    public TlsHandler(PortServices services, Certificates certificates, PortProtocol protocol) {
        this.services = services;
        this.certificates = certificates;
        this.protocols = new AppProtocols(protocol.http(), services.upstreams(), certificates);
    }

    @Override
    public boolean isReady() {
        return certificates.usable();
    }

    @Override
    public void take(DuplexChannel caller, InetSocketAddress address, ByteBuf first) {
        protocols.ask(caller.eventLoop(), address, "", offered -> {
            if (caller.isActive()) {
                shake(caller, address, first, offered);
            } else {
                first.release();
            }
        });
    }

    private void shake(DuplexChannel caller, InetSocketAddress address, ByteBuf first, List<String> offered) {
        SslHandler tls;
        try {
            tls = certificates.forCallers(offered).newHandler(caller.alloc());
        } catch (Exception e) {
            LOG.warn("TLS with callers is not possible: {}", e.toString());
            first.release();
            Sockets.reset(caller);
            return;
        }
        tls.setHandshakeTimeoutMillis(PATIENCE_MILLIS);
        caller.pipeline().addLast(tls, new TlsEnd(), new Shaking());
        tls.handshakeFuture().addListener(done -> {
            if (done.isSuccess()) {
                caller.pipeline().remove(Shaking.class);
                converse(caller, address, tls);
            } else {
                LOG.debug("TLS with {} failed", address, done.cause());
                caller.close();
            }
        });
        feed(caller.pipeline().context(tls), tls, first);
    }

    private static void feed(ChannelHandlerContext context, SslHandler tls, ByteBuf first) {
        try {
            tls.channelRead(context, first);
            tls.channelReadComplete(context);
        } catch (Exception e) {
            // What the caller has said is no TLS; the handshake has failed then.
            context.close();
        }
    }

    private void converse(DuplexChannel caller, InetSocketAddress address, SslHandler tls) {
        String agreed = tls.applicationProtocol();
        PortServices inside = new PortServices(
                services.port(),
                services.rules(),
                new TlsUpstreams(
                        services.upstreams(), certificates, name(tls), agreed == null ? List.of() : List.of(agreed)),
                services.mirrors(),
                services.report());
        ProtocolHandler http2 = new Http2Handler(inside);
        if (HTTP2.equals(agreed)) {
            http2.take(caller, address, Unpooled.EMPTY_BUFFER);
        } else {
            TcpForwarder.inside(inside, new ProtocolHandlers(true, null, http2), caller, address);
        }
    }

    /** The name that the caller has asked for; empty: none. */
    private static String name(SslHandler tls) {
        return tls.engine().getSession() instanceof ExtendedSSLSession session
                ? session.getRequestedServerNames().stream()
                        .filter(SNIHostName.class::isInstance)
                        .map(name -> ((SNIHostName) name).getAsciiName())
                        .findFirst()
                        .orElse("")
                : "";
    }

    /** Until somebody speaks inside. */
    private static final class Shaking extends io.netty.channel.ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}

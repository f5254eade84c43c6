package io.telepresence.agent.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.stream.PortServices;
import io.telepresence.agent.stream.ProtocolHandler;
import io.telepresence.agent.stream.Sockets;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Speaks HTTP/2 with callers that know beforehand that the port does (h2c with prior knowledge), or have agreed on it
 * with TLS. Laptops and the app are spoken to the same way. Thread-safe.
 */
public final class Http2Handler implements ProtocolHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Http2Handler.class);

    private final PortServices services;

    public Http2Handler(PortServices services) {
        this.services = services;
    }

    /** @param first may be empty here */
    @Override
    public void take(DuplexChannel caller, InetSocketAddress address, ByteBuf first) {
        try {
            new Http2Connection(services, caller, address).start(first);
        } catch (Exception e) {
            LOG.debug("HTTP/2 with {} cannot begin", address, e);
            Sockets.reset(caller);
        }
    }
}

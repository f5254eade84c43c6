package io.telepresence.agent.http1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.route.Destination;
import io.telepresence.agent.stream.PortServices;
import io.telepresence.agent.stream.ProtocolHandler;
import java.net.InetSocketAddress;

/**
 * Speaks HTTP/1.x with callers: every request is judged by the rules in force at that moment. Thread-safe.
 *
 * <p>Bytes pass as they are, both ways, with three exceptions: an offer to go on in HTTP/2 ({@code Upgrade: h2c}) is left
 * out, since HTTP/2 could not be judged here; in a pod that ends, what a laptop answers asks the caller to open another
 * connection ({@code Connection: close}); and what two readers could take for different requests (a length and a
 * transfer encoding, several lengths, lines without CR, continued lines) is refused with 400, or, as long as nothing of
 * the connection was judged, passed to where connections go that are no HTTP.
 *
 * <p>A request whose laptop does not open a connection goes to the app when its engagement has a filter; otherwise the
 * caller is reset.
 */
public final class Http1 implements ProtocolHandler {
    private final PortServices services;
    private final RawFallback unread;

    /** @param unread gets what turns out not to be HTTP/1 */
    public Http1(PortServices services, RawFallback unread) {
        this.services = services;
        this.unread = unread;
    }

    @Override
    public void take(DuplexChannel caller, InetSocketAddress address, ByteBuf first) {
        take(caller, address, first, null, null);
    }

    /**
     * Takes over a connection whose bytes were forwarded unread so far, between two requests.
     *
     * @param first what was read already, may be empty; owned by this
     * @param upstream the connection that its bytes went to, with no read handler left; null: none
     * @param to where that leads
     */
    public void take(
            DuplexChannel caller, InetSocketAddress address, ByteBuf first, DuplexChannel upstream, Destination to) {
        new Http1Connection(services, unread, caller, address).start(first, upstream, to);
    }
}

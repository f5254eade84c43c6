package io.telepresence.agent.tcp;

import io.telepresence.agent.stream.ProtocolHandler;

/**
 * What callers of a port may speak besides HTTP/1 and plain bytes.
 *
 * @param parse false: the port was declared to be no HTTP; its bytes are never looked at
 * @param tls takes connections that begin with a TLS handshake, when somebody wants what is inside; null: they stay
 *     closed and are forwarded as they are
 * @param http2 takes connections that begin with HTTP/2's preface; null: they are forwarded as they are
 */
public record ProtocolHandlers(boolean parse, ProtocolHandler tls, ProtocolHandler http2) {
    /** HTTP/1 or plain bytes. */
    public static final ProtocolHandlers PLAIN = new ProtocolHandlers(true, null, null);

    /** Plain bytes only. */
    public static final ProtocolHandlers BYTES = new ProtocolHandlers(false, null, null);
}

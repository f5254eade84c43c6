package io.telepresence.agent.http2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;

/** A stream that we open at a server, and what comes back on it. All calls on the connection's loop. */
interface UpstreamStream {
    /** Whether nobody waits for it any more, so that it need not be opened. */
    boolean isOver();

    /** The server is there and takes another stream: send the request now. Returns the number of the stream. */
    int begin(Http2Peer server);

    /** The server is not there; nothing of the request has reached it. */
    void notThere(Throwable why);

    /** The server takes no new streams on this connection; nothing of the request has reached it. */
    void turnedAway();

    void headers(Http2Headers headers, boolean end);

    /**
     * Returns how many of its bytes (padding included) the server may send anew at once; the others are given back with
     * {@link Http2Peer#passedOn}.
     *
     * @param data not owned
     */
    int data(ByteBuf data, int padding, boolean end);

    void reset(long code);

    /**
     * The stream is over, well or not. Nothing follows.
     *
     * @param unheard the server says that it has not looked at the request
     */
    void closed(boolean unheard);
}

package io.telepresence.agent.http2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;

/**
 * What follows the first headers of a request.
 *
 * @param data owned; null in trailers
 * @param trailers null in data
 */
record StreamFrame(ByteBuf data, int padding, Http2Headers trailers, boolean end) {
    static StreamFrame data(ByteBuf owned, int padding, boolean end) {
        return new StreamFrame(owned, padding, null, end);
    }

    static StreamFrame trailers(Http2Headers trailers) {
        return new StreamFrame(null, 0, trailers, true);
    }

    /** As flow control counts. */
    int size() {
        return data == null ? 0 : data.readableBytes() + padding;
    }

    void release() {
        if (data != null) {
            data.release();
        }
    }

    /** @param left called when it has left, or never will */
    void send(Http2Peer to, int stream, Runnable left) {
        if (data == null) {
            to.headers(stream, trailers, end);
            left.run();
        } else {
            to.data(stream, data, padding, end, left);
        }
    }
}

package io.telepresence.agent.http2;

import io.netty.handler.codec.http2.Http2Headers;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the heads of open streams may take: of one connection, and of all connections of this agent together. A few bytes on
 * the wire can stand for a whole head (RFC 7541), so the number of streams alone does not bound it. Thread-safe.
 */
final class HeadBudget {
    static final HeadBudget OF_AGENT = new HeadBudget(2 << 20, 16 << 20);

    private final long ofOne;
    private final long ofAll;
    private final AtomicLong all = new AtomicLong();

    HeadBudget(long ofOne, long ofAll) {
        this.ofOne = ofOne;
        this.ofAll = ofAll;
    }

    /** As RFC 9113, section 6.5.2, counts a head: its octets, and 32 for each field. */
    static int size(Http2Headers head) {
        int size = 0;
        for (Map.Entry<CharSequence, CharSequence> field : head) {
            size += field.getKey().length() + field.getValue().length() + 32;
        }
        return size;
    }

    /** For one connection. */
    Share share() {
        return new Share();
    }

    /** On the connection's loop. */
    final class Share {
        private long mine;

        /** False: there is no room, and nothing was taken. */
        boolean take(int bytes) {
            if (mine + bytes > ofOne) {
                return false;
            }
            if (all.addAndGet(bytes) > ofAll) {
                all.addAndGet(-bytes);
                return false;
            }
            mine += bytes;
            return true;
        }

        void give(int bytes) {
            mine -= bytes;
            all.addAndGet(-bytes);
        }
    }
}

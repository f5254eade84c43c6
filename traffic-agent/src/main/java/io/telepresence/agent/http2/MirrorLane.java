package io.telepresence.agent.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.telepresence.agent.report.TrafficRecorder;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.Destination;
import io.telepresence.agent.stream.Upstreams;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * The copies of one caller's requests for one wiretap, on an HTTP/2 connection of their own. Bounded in bytes and in
 * streams: a copy that does not fit is cut and counted, the original never waits.
 */
final class MirrorLane implements UpstreamHttp2Connection.Owner {
    private static final int MOST_BYTES = 512 << 10;
    private static final int MOST_COPIES = 256;
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LAST_WORDS_MILLIS = 5_000;

    private final ClientEndpoint target;
    private final Upstreams upstreams;
    private final TrafficRecorder report;
    private final EventLoop loop;
    private final InetSocketAddress caller;
    private UpstreamHttp2Connection server;
    private long failedNanos;
    private boolean failed;
    private boolean finished;
    private int bytes;
    private int copies;

    MirrorLane(
            ClientEndpoint target,
            Upstreams upstreams,
            TrafficRecorder report,
            EventLoop loop,
            InetSocketAddress caller) {
        this.target = target;
        this.upstreams = upstreams;
        this.report = report;
        this.loop = loop;
        this.caller = caller;
    }

    /** Begins the copy of one request. */
    StreamMirror copy(Http2Headers head, boolean end) {
        StreamMirror copy = new StreamMirror(this, head, end);
        copies++;
        if (copies > MOST_COPIES || pausing()) {
            copy.drop();
            return copy;
        }
        if (server == null || !server.takesStreams()) {
            server = UpstreamHttp2Connection.open(upstreams, loop, new Destination.ToClient(target), caller, this);
        }
        server.send(copy);
        return copy;
    }

    private boolean pausing() {
        return failed && System.nanoTime() - failedNanos < PAUSE_NANOS;
    }

    /** The caller has gone: what was copied whole may still be answered. */
    void finish() {
        finished = true;
        if (copies == 0) {
            close();
        } else {
            loop.schedule(this::close, LAST_WORDS_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void close() {
        if (server != null) {
            server.close();
        }
    }

    /** Whether so many bytes more may wait; if so, they count until they {@link #leave}. */
    boolean enter(int size) {
        if (bytes + size > MOST_BYTES) {
            return false;
        }
        bytes += size;
        return true;
    }

    void leave(int size) {
        bytes -= size;
    }

    void delivered() {
        failed = false;
        report.delivered(target.engagementId());
    }

    void dropped() {
        report.dropped(target.engagementId());
    }

    /** One copy is over. */
    void ended() {
        copies--;
        if (finished && copies == 0) {
            // Not from within: the codec is still at it.
            loop.execute(this::close);
        }
    }

    @Override
    public void settings(UpstreamHttp2Connection same, Http2Settings settings) {}

    @Override
    public void leaving(UpstreamHttp2Connection same, long code, ByteBuf debug) {}

    @Override
    public void gone(UpstreamHttp2Connection same, boolean broken) {
        if (!same.wasUsed()) {
            failed = true;
            failedNanos = System.nanoTime();
        }
    }
}

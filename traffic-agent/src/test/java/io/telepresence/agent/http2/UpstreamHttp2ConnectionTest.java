package io.telepresence.agent.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.telepresence.agent.route.Destination;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class UpstreamHttp2ConnectionTest {
    private final List<Consumer<Throwable>> dials = new ArrayList<>();
    private final UpstreamHttp2Connection server = UpstreamHttp2Connection.open(
            (loop, to, caller, handlers, connected, failed) -> dials.add(failed),
            new EmbeddedChannel().eventLoop(),
            Destination.TO_APP,
            new InetSocketAddress(1),
            new Nobody());

    /** A caller that opens and cancels streams while the server is slow must not fill the memory. */
    @Test
    void streamsThatNobodyWaitsForAreForgotten() {
        Waiting first = new Waiting();
        server.send(first);
        for (int i = 0; i < 10_000; i++) {
            Waiting cancelled = new Waiting();
            server.send(cancelled);
            cancelled.over = true;
        }
        Waiting last = new Waiting();
        server.send(last);
        assertTrue(server.waiting() < 200, () -> server.waiting() + " wait");
        dials.getFirst().accept(new java.net.ConnectException("refused"));
        assertEquals(List.of(1, 1), List.of(first.told, last.told));
    }

    private static final class Waiting implements UpstreamStream {
        boolean over;
        int told;

        @Override
        public boolean isOver() {
            return over;
        }

        @Override
        public int begin(Http2Peer there) {
            throw new IllegalStateException("there is no server");
        }

        @Override
        public void notThere(Throwable why) {
            told++;
        }

        @Override
        public void turnedAway() {}

        @Override
        public void headers(Http2Headers headers, boolean end) {}

        @Override
        public int data(ByteBuf data, int padding, boolean end) {
            return 0;
        }

        @Override
        public void reset(long code) {}

        @Override
        public void closed(boolean unheard) {}
    }

    private static final class Nobody implements UpstreamHttp2Connection.Owner {
        @Override
        public void settings(UpstreamHttp2Connection same, Http2Settings settings) {}

        @Override
        public void leaving(UpstreamHttp2Connection same, long code, ByteBuf debug) {}

        @Override
        public void gone(UpstreamHttp2Connection same, boolean broken) {}
    }
}

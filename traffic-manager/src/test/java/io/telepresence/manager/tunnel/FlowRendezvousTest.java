package io.telepresence.manager.tunnel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.testing.FakeTime;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the parked side hears of a laptop's server that speaks as soon as it is dialled, as HTTP/2's do. */
@Timeout(20)
class FlowRendezvousTest {
    private final EventLoop here = new DefaultEventLoop();
    private final EventLoop there = new DefaultEventLoop();
    private final ClientSession ann = new SessionRegistry(new FakeTime())
            .arrive(new ClientSession.Client("ann", "ann", "default", ""), "")
            .session();

    @AfterEach
    void close() {
        here.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        there.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }

    @Test
    void aServerThatSpeaksFirstIsNotHeardBeforeTheFlowIsOpen() throws Exception {
        assertEquals(List.of("opened", "hello"), heard(here));
    }

    @Test
    void norWhereTheFlowsLiveOnTwoLoops() throws Exception {
        assertEquals(List.of("opened", "hello"), heard(there));
    }

    /** The two first things that the parked flow is told, whose loop is {@code its}; the fetched one is here. */
    private List<String> heard(EventLoop its) throws Exception {
        Recorder parked = new Recorder(its, "");
        Recorder fetched = new Recorder(here, "hello");
        TrackedFlow waiting =
                its.submit(() -> new TrackedFlow(parked, ann)).sync().getNow();
        here.execute(() -> {
            new FlowRendezvous(waiting, new TrackedFlow(fetched, ann)).begin();
            fetched.answer();
        });
        return List.of(parked.told.take(), parked.told.take());
    }

    /** A flow that notes what it is told; after the handshake it has something for the first who asks. */
    private static final class Recorder implements Flow {
        private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
        private final EventLoop loop;
        private String words;
        private FlowHandler handler;
        private boolean answered;

        Recorder(EventLoop loop, String words) {
            this.loop = loop;
            this.words = words;
        }

        void answer() {
            answered = true;
            handler.onOpened(this);
        }

        @Override
        public void request(int frames) {
            if (answered && !words.isEmpty()) {
                ByteBuf said = Unpooled.copiedBuffer(words, StandardCharsets.US_ASCII);
                words = "";
                handler.onData(this, said);
            }
        }

        @Override
        public void opened() {
            told.add("opened");
        }

        @Override
        public void write(ByteBuf data) {
            told.add(data.toString(StandardCharsets.US_ASCII));
            data.release();
        }

        @Override
        public void reset(ResetReason why, String text) {
            told.add(why + " " + text);
        }

        @Override
        public void finish() {
            told.add("finished");
        }

        @Override
        public FlowKey key() {
            throw new UnsupportedOperationException();
        }

        @Override
        public EventLoop loop() {
            return loop;
        }

        @Override
        public void handler(FlowHandler next) {
            handler = next;
        }

        @Override
        public boolean isWritable() {
            return true;
        }
    }
}

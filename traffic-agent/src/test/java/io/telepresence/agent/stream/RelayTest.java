package io.telepresence.agent.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.telepresence.local.Loops;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A caller and an upstream, joined: both are flows in memory. */
@Timeout(60)
class RelayTest {
    private final EventLoopGroup loops = Loops.create("relay", 1);
    private final EventLoop loop = loops.next();
    private final Listening fromCaller = new Listening();
    private final Listening fromUpstream = new Listening();
    private FakePeer caller;
    private FakePeer upstream;

    /** Writes down what it hears of one direction. */
    private static final class Listening implements Relay.Listener {
        private final List<String> events = new CopyOnWriteArrayList<>();
        private boolean keepsPeer;

        @Override
        public boolean data(ByteBuf data) {
            events.add(data.toString(US_ASCII));
            return true;
        }

        @Override
        public void ended() {
            events.add("ended");
        }

        @Override
        public boolean lost() {
            events.add("lost");
            return !keepsPeer;
        }
    }

    @BeforeEach
    void open() throws Exception {
        caller = new FakePeer(loop, loop, new Relay(fromCaller)).takes(100);
        upstream = new FakePeer(loop, loop, new Relay(fromUpstream)).takes(100);
    }

    @AfterEach
    void close() {
        Loops.shutdown(loops);
    }

    private void join(String first, boolean ended) throws Exception {
        ByteBuf bytes = Unpooled.copiedBuffer(first, US_ASCII);
        onLoop(() -> Relay.join(caller.channel, upstream.channel, bytes, ended));
    }

    private void onLoop(Runnable work) throws Exception {
        loop.submit(work).get(30, TimeUnit.SECONDS);
    }

    private void bothAreClosed() throws Exception {
        assertTrue(caller.channel.closeFuture().await(30, TimeUnit.SECONDS));
        assertTrue(upstream.channel.closeFuture().await(30, TimeUnit.SECONDS));
    }

    @Test
    void bytesPassBothWaysAndEachEndComesAfterThem() throws Exception {
        join("early ", false);
        caller.says("question");
        caller.finishes();
        upstream.ends("finished");
        assertEquals("early question", upstream.heard());
        assertTrue(caller.channel.isOpen(), "the answer is still to come");
        upstream.says("answer");
        upstream.finishes();
        caller.ends("finished");
        assertEquals("answer", caller.heard());
        bothAreClosed();
        assertEquals(List.of("early ", "question", "ended"), fromCaller.events);
        assertEquals(List.of("answer", "ended"), fromUpstream.events);
    }

    @Test
    void aCallerThatHadEndedBeforeIsPassedOnWithItsEnd() throws Exception {
        join("all", true);
        upstream.ends("finished");
        assertEquals("all", upstream.heard());
        assertEquals(List.of("all", "ended"), fromCaller.events);
    }

    @Test
    void aResetOfTheCallerResetsTheUpstreamAndIsToldOnce() throws Exception {
        join("", false);
        caller.resets();
        upstream.ends("reset");
        bothAreClosed();
        assertEquals(List.of("lost"), fromCaller.events);
    }

    @Test
    void aResetOfTheUpstreamResetsTheCallerAndIsToldOnce() throws Exception {
        join("", false);
        upstream.resets();
        caller.ends("reset");
        bothAreClosed();
        assertEquals(List.of("lost"), fromUpstream.events);
    }

    @Test
    void aResetAfterTheEndIsNoLossOfThatDirection() throws Exception {
        join("", false);
        caller.says("question");
        caller.finishes();
        upstream.ends("finished");
        caller.resets();
        upstream.ends("reset");
        bothAreClosed();
        assertEquals(List.of("question", "ended"), fromCaller.events);
    }

    @Test
    void aListenerMayKeepTheOtherChannel() throws Exception {
        fromUpstream.keepsPeer = true;
        join("", false);
        upstream.resets();
        assertTrue(upstream.channel.closeFuture().await(30, TimeUnit.SECONDS));
        onLoop(() -> {});
        assertTrue(caller.channel.isOpen());
        assertEquals(List.of("lost"), fromUpstream.events);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "what was read already"})
    void aCallerThatWentBeforeItWasJoinedLeavesNoUpstream(String first) throws Exception {
        caller.resets();
        assertTrue(caller.channel.closeFuture().await(30, TimeUnit.SECONDS));
        ByteBuf read = Unpooled.buffer().writeBytes(first.getBytes(US_ASCII));
        onLoop(() -> Relay.join(caller.channel, upstream.channel, read, false));
        upstream.ends("reset");
        assertEquals("", upstream.heard());
        assertEquals(0, read.refCnt());
        assertTrue(upstream.channel.closeFuture().await(30, TimeUnit.SECONDS));
    }

    @Test
    void whoPartsHearsNoMoreAndBothStayOpen() throws Exception {
        join("", false);
        caller.says("before");
        onLoop(() -> {});
        onLoop(() -> Relay.part(caller.channel, upstream.channel));
        List<String> then = List.copyOf(fromCaller.events);
        caller.resets();
        assertTrue(caller.channel.closeFuture().await(30, TimeUnit.SECONDS));
        onLoop(() -> {});
        assertEquals(then, fromCaller.events);
        assertTrue(upstream.channel.isOpen());
    }

    @Test
    void anUpstreamThatTakesNothingStopsTheCaller() throws Exception {
        FakePeer slow = new FakePeer(loop, loop, new Relay(null));
        onLoop(() -> Relay.join(caller.channel, slow.channel, Unpooled.EMPTY_BUFFER, false));
        caller.says("a");
        caller.says("b");
        caller.finishes();
        onLoop(() -> {});
        assertEquals("", slow.heard());
        slow.takes(100);
        slow.ends("finished");
        assertEquals("ab", slow.heard());
        assertFalse(fromCaller.events.contains("lost"));
    }
}

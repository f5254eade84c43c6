package io.telepresence.tunnel.splice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.telepresence.agree.Transport;
import io.telepresence.local.Loops;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.MemoryFlow;
import io.telepresence.tunnel.ResetReason;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Datagrams of one sender, from before its flow is open until after its end. */
@Timeout(20)
class DatagramSessionTest {
    private static final FlowKey KEY = new FlowKey(
            Transport.UDP, new InetSocketAddress("127.0.0.1", 4000), new InetSocketAddress("127.0.0.1", 53));

    private final EventLoopGroup loops = Loops.create("datagrams", 1);
    private final EventLoop loop = (EventLoop) loops.iterator().next();
    private final AtomicLong now = new AtomicLong(1000);
    private final Sender sender = new Sender();
    private final Far far = new Far();
    private final MemoryFlow.Pair ends = MemoryFlow.pair(KEY, loop);
    private final DatagramSession session = new DatagramSession(sender, now::get);

    private static final class Sender implements DatagramSession.Peer {
        final List<Integer> got = new ArrayList<>();
        final List<Runnable> taken = new ArrayList<>();
        final List<String> cuts = new ArrayList<>();
        int ended;

        @Override
        public void deliver(ByteBuf data, Runnable room) {
            got.add(data.getInt(0));
            data.release();
            taken.add(room);
        }

        @Override
        public void onCut(ResetReason why, boolean opened) {
            cuts.add(why + (opened ? " open" : " opening"));
        }

        @Override
        public void onEnded() {
            ended++;
        }
    }

    private static final class Far implements FlowHandler {
        final List<ByteBuf> got = new ArrayList<>();

        @Override
        public void onData(Flow flow, ByteBuf data) {
            got.add(data);
        }
    }

    @BeforeEach
    void open() {
        ends.opening().handler(session);
        ends.accepting().handler(far);
        session.through(ends.opening());
        ends.accepting().request(1000);
        ends.opening().request(1); // for the answer to the opening
    }

    @AfterEach
    void close() throws Exception {
        settle();
        far.got.forEach(ByteBuf::release);
        Loops.shutdown(loops);
    }

    @Test
    void theFirstWaitForTheFlowInTheirOrder() throws Exception {
        offer(0, 3);
        assertEquals(List.of(), far.got);
        farOpens();
        offer(3, 5);
        settle();
        assertEquals(List.of(0, 1, 2, 3, 4), numbers());
    }

    @Test
    void moreThanMayWaitAreDroppedAndReleased() throws Exception {
        List<ByteBuf> all = offer(0, 2 * DatagramSession.MOST_WAITING);
        assertFalse(session.mayOffer());
        farOpens();
        assertTrue(session.mayOffer());
        assertEquals(DatagramSession.MOST_WAITING, far.got.size());
        assertEquals(
                DatagramSession.MOST_WAITING,
                all.stream().filter(d -> d.refCnt() > 0).count());
    }

    @Test
    void whatWaitsWhenTheFlowIsNotOpenedIsReleasedAndTheReasonTold() throws Exception {
        List<ByteBuf> all = offer(0, DatagramSession.MOST_WAITING);
        ends.accepting().reset(ResetReason.REFUSED, "nobody listens");
        settle();
        assertEquals(List.of("REFUSED opening"), sender.cuts);
        assertEquals(1, sender.ended);
        assertTrue(session.over());
        all.addAll(offer(0, 2));
        settle();
        assertTrue(all.stream().allMatch(d -> d.refCnt() == 0));
        assertTrue(session.mayOffer(), "none of them counts any more");
    }

    @Test
    void theFarSideSendsAsMuchAsTheSenderTakes() throws Exception {
        farOpens();
        loop.submit(() -> {
            for (int i = 0; i < 100; i++) {
                ends.accepting().write(Unpooled.copyInt(i));
            }
        });
        settle();
        assertEquals(DatagramSession.MOST_WAITING, sender.got.size());
        sender.taken.removeFirst().run();
        settle();
        assertEquals(DatagramSession.MOST_WAITING + 1, sender.got.size());
    }

    @Test
    void bothDirectionsKeepItFromBeingIdle() throws Exception {
        now.addAndGet(50);
        assertEquals(50, session.idleNanos(now.get()));
        offer(0, 1);
        assertEquals(0, session.idleNanos(now.get()));
        farOpens();
        now.addAndGet(70);
        loop.submit(() -> ends.accepting().write(Unpooled.copyInt(7)));
        settle();
        assertEquals(0, session.idleNanos(now.get()));
    }

    @Test
    void anEndOfEitherSideIsTheEnd() throws Exception {
        farOpens();
        loop.submit(() -> ends.accepting().finish());
        settle();
        assertEquals(1, sender.ended);
        assertEquals(List.of(), sender.cuts);
        session.end(ResetReason.TIMED_OUT, "after its end");
        settle();
        assertEquals(1, sender.ended);
    }

    @Test
    void withoutItsLoopAnOfferTellsTheEnd() throws Exception {
        farOpens();
        loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).get(10, TimeUnit.SECONDS);
        ByteBuf late = Unpooled.copyInt(1);
        session.offer(late);
        assertEquals(0, late.refCnt());
        assertTrue(sender.ended >= 1);
    }

    private void farOpens() throws Exception {
        loop.submit(() -> ends.accepting().opened());
        settle();
    }

    private List<ByteBuf> offer(int from, int to) throws Exception {
        List<ByteBuf> offered = new ArrayList<>();
        for (int i = from; i < to; i++) {
            ByteBuf data = Unpooled.copyInt(i);
            offered.add(data);
            session.offer(data);
        }
        settle();
        return offered;
    }

    /** Until no task of the loop has left another one; a handful of hops is the most that any step takes. */
    private void settle() throws Exception {
        for (int i = 0; i < 10 && !loop.isShutdown(); i++) {
            loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
        }
    }

    private List<Integer> numbers() {
        return far.got.stream().map(d -> d.getInt(0)).toList();
    }
}

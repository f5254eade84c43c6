package io.telepresence.agent.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What all copies hold together, and the queue of one, with several threads at it. */
@Timeout(60)
class MirrorBudgetTest {
    private static final int COST = 128;

    private final MirrorBudget budget =
            new MirrorBudget(new MirrorLimits(4000, 6000, 9000, 3, 5, 2, Duration.ofSeconds(1), Duration.ofSeconds(1)));

    private static ByteBuf bytes(int size) {
        return Unpooled.wrappedBuffer(new byte[size]);
    }

    @Test
    void anEngagementThatGetsNoPlaceIsNotRemembered() {
        List<MirrorBudget.Pass> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            all.add(budget.enter("engagement " + i));
        }
        for (int i = 5; i < 1000; i++) {
            assertNull(budget.enter("engagement " + i), "the agent has no place for it");
        }
        assertEquals(5, budget.engagements());
        all.forEach(MirrorBudget.Pass::leave);
        assertEquals(0, budget.engagements());
        assertNotNull(budget.enter("engagement 7"));
    }

    @Test
    void oneEngagementTakesNotMoreThanItsShare() {
        MirrorBudget.Pass first = budget.enter("a");
        MirrorBudget.Pass second = budget.enter("a");
        assertNull(budget.enter("a"), "two are being dialled");
        first.opened();
        assertNotNull(budget.enter("a"));
        second.opened();
        assertNull(budget.enter("a"), "three are open");
        assertNotNull(budget.enter("b"), "another one's place");
        first.leave();
        assertNotNull(budget.enter("a"));
    }

    @Test
    void whoLeavesTwiceGivesBackOnce() {
        MirrorBudget.Pass kept = budget.enter("a");
        MirrorBudget.Pass gone = budget.enter("a");
        gone.leave();
        gone.leave();
        gone.opened();
        assertEquals(1, budget.flows());
        assertNotNull(budget.enter("a"));
        assertNull(budget.enter("a"), "two are being dialled");
        kept.leave();
        assertEquals(1, budget.flows());
    }

    @Test
    void bytesAreBoundedForEachAndForAll() {
        MirrorBudget.Pass a = budget.enter("a");
        MirrorBudget.Pass b = budget.enter("b");
        assertTrue(a.reserve(6000));
        assertFalse(a.reserve(1), "its own bound");
        assertTrue(b.reserve(3000));
        assertFalse(b.reserve(1), "the agent's bound");
        a.release(10);
        assertTrue(b.reserve(10));
        assertEquals(9000, budget.bytes());
        a.release(5990);
        b.release(3010);
        assertEquals(0, budget.bytes());
    }

    @Test
    void manyThreadsNeverPassABoundAndLeaveNothing() throws Exception {
        inParallel(4, thread -> {
            Random random = new Random(thread);
            for (int i = 0; i < 5000; i++) {
                MirrorBudget.Pass pass = budget.enter("engagement " + random.nextInt(3));
                if (pass == null) {
                    continue;
                }
                int size = random.nextInt(4000);
                boolean has = pass.reserve(size);
                assertTrue(budget.bytes() <= 9000, "bytes");
                assertTrue(budget.flows() <= 5, "copies");
                if (random.nextBoolean()) {
                    pass.opened();
                }
                if (has) {
                    pass.release(size);
                }
                pass.leave();
            }
            return null;
        });
        assertEquals(0, budget.bytes());
        assertEquals(0, budget.flows());
        assertEquals(0, budget.engagements());
        assertNotNull(budget.enter("engagement 0"));
        assertNotNull(budget.enter("engagement 0"), "no place was lost");
    }

    @Test
    void whatIsBeingSentCountsUntilItHasLeft() {
        MirrorQueue queue = new MirrorQueue(budget.enter("a"), 4000, 100);
        assertEquals(MirrorQueue.Offer.TAKEN, queue.offer(bytes(2000)), "the loop looks by itself first");
        List<ByteBuf> sending = queue.take(10_000);
        assertEquals(1, sending.size());
        assertTrue(queue.sending());
        assertEquals(2000 + COST, budget.bytes());
        assertEquals(MirrorQueue.Offer.FULL, queue.offer(bytes(2000)));
        queue.sent();
        assertEquals(0, budget.bytes());
        assertEquals(MirrorQueue.Offer.TAKEN, queue.offer(bytes(2000)));
        sending.forEach(ByteBuf::release);
        assertEquals(1, queue.close());
        assertEquals(0, budget.bytes());
    }

    @Test
    void manySmallOnesAreBoundedByTheirNumber() {
        MirrorQueue queue = new MirrorQueue(budget.enter("a"), 4000, 3);
        for (int i = 0; i < 3; i++) {
            assertEquals(MirrorQueue.Offer.TAKEN, queue.offer(bytes(1)));
        }
        ByteBuf refused = bytes(1);
        assertEquals(MirrorQueue.Offer.FULL, queue.offer(refused));
        assertEquals(0, refused.refCnt());
        assertEquals(3, queue.close());
    }

    @Test
    void theEndComesAfterWhatWaits() {
        MirrorQueue queue = new MirrorQueue(budget.enter("a"), 4000, 100);
        queue.offer(bytes(10));
        queue.end();
        assertFalse(queue.drained());
        ByteBuf late = bytes(10);
        assertEquals(MirrorQueue.Offer.LATE, queue.offer(late));
        assertEquals(0, late.refCnt());
        queue.take(100).forEach(ByteBuf::release);
        assertTrue(queue.drained());
        queue.sent();
        assertEquals(0, budget.bytes());
    }

    /** One offers, one takes when it is woken, as a forwarder and a flow's loop do. */
    @Test
    void nobodyIsForgottenBetweenTwoThreads() throws Exception {
        MirrorQueue queue = new MirrorQueue(budget.enter("a"), 4000, 1000);
        ExecutorService loop = Executors.newSingleThreadExecutor();
        StringBuilder got = new StringBuilder();
        StringBuilder sent = new StringBuilder();
        CountDownLatch drained = new CountDownLatch(1);
        Runnable drain = () -> {
            for (List<ByteBuf> batch = queue.take(500); !batch.isEmpty(); batch = queue.take(500)) {
                batch.forEach(data -> {
                    got.append(data.toString(StandardCharsets.US_ASCII));
                    data.release();
                });
                queue.sent();
            }
            if (queue.drained()) {
                drained.countDown();
            }
        };
        loop.execute(drain);
        for (int i = 0; i < 20_000; i++) {
            String piece = i + " ";
            MirrorQueue.Offer answer = queue.offer(Unpooled.copiedBuffer(piece, StandardCharsets.US_ASCII));
            if (answer != MirrorQueue.Offer.FULL) {
                sent.append(piece);
            }
            if (answer == MirrorQueue.Offer.WAKE) {
                loop.execute(drain);
            }
        }
        if (queue.end() == MirrorQueue.Offer.WAKE) {
            loop.execute(drain);
        }
        assertTrue(drained.await(30, TimeUnit.SECONDS), "something waits, and nobody looks");
        loop.shutdown();
        assertTrue(loop.awaitTermination(30, TimeUnit.SECONDS));
        assertEquals(sent.toString(), got.toString());
        assertEquals(0, budget.bytes());
    }

    @Test
    void whatIsOfferedWhileItIsClosedIsReleased() throws Exception {
        for (int round = 0; round < 200; round++) {
            MirrorBudget.Pass pass = budget.enter("a");
            MirrorQueue queue = new MirrorQueue(pass, 4000, 1000);
            List<ByteBuf> offered = new ArrayList<>();
            inParallel(2, thread -> {
                for (int i = 0; thread == 0 && i < 20; i++) {
                    ByteBuf data = bytes(100);
                    offered.add(data);
                    queue.offer(data);
                }
                if (thread == 1) {
                    queue.close();
                }
                return null;
            });
            offered.forEach(data -> assertEquals(0, data.refCnt()));
            assertEquals(0, budget.bytes());
            pass.leave();
        }
    }

    private interface Work {
        Object on(int thread) throws Exception;
    }

    /** Does it on so many threads at once, and fails if one does. */
    private static void inParallel(int threads, Work work) throws Exception {
        try (ExecutorService all = Executors.newFixedThreadPool(threads)) {
            CountDownLatch start = new CountDownLatch(threads);
            List<Callable<Object>> each = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int thread = i;
                each.add(() -> {
                    start.countDown();
                    start.await();
                    return work.on(thread);
                });
            }
            for (Future<Object> done : all.invokeAll(each)) {
                done.get();
            }
        }
    }
}

package io.telepresence.tunnel.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.telepresence.agree.Transport;
import io.telepresence.rpc.tunnel.Dial;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.run.Threads;
import io.telepresence.testing.Awaits;
import io.telepresence.tunnel.Far;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.RecordingHandler;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.grpc.Carrier;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CarriersTest {
    @TempDir
    Path directory;

    @Test
    void aCarrierThatIsSlowToCloseDoesNotKeepTheOthersOpen() throws Exception {
        DomainSocketAddress nobody =
                new DomainSocketAddress(directory.resolve("nobody").toFile());
        Carriers carriers = Carriers.open("test", nobody, 1, (channel, deadline) -> {});
        ManagedChannel other = carriers.pick().channel();
        CountDownLatch busy = new CountDownLatch(1);
        carriers.control().loop().execute(() -> awaitUninterruptibly(busy));
        Thread closing = Thread.ofVirtual().start(carriers::close);
        boolean closed = other.awaitTermination(800, TimeUnit.MILLISECONDS);
        // Loops ask for a carrier too: they must not wait.
        CompletableFuture<Carrier> asked = CompletableFuture.supplyAsync(carriers::control);
        assertNotNull(asked.get(20, TimeUnit.SECONDS));
        assertEquals(1, busy.getCount());
        busy.countDown();
        closing.join();
        assertTrue(closed, "it waited for the slow one");
    }

    @Test
    void aCarrierThatHasNotAnsweredYetIsGivenTime() throws Exception {
        DomainSocketAddress nobody =
                new DomainSocketAddress(directory.resolve("nobody").toFile());
        CountDownLatch beats = new CountDownLatch(20);
        Carriers.Heartbeat refused = (channel, deadline) -> {
            beats.countDown();
            throw new java.io.IOException("refused");
        };
        try (Carriers patient = Carriers.open("patient", nobody, 1, Duration.ofHours(1), refused);
                Carriers hasty = Carriers.open("hasty", nobody, 1, Duration.ZERO, refused)) {
            Carrier first = patient.control();
            Carrier other = hasty.control();
            beats.await();
            assertSame(first, patient.control());
            assertNotSame(other, hasty.control());
            // Whoever still holds a flow of the one that is closed may come to its loop.
            assertSame(other.loop(), hasty.control().loop());
            other.close();
            CountDownLatch done = new CountDownLatch(1);
            other.loop().execute(done::countDown);
            done.await();
        }
    }

    /** Answers the beats of each carrier when it is told to; notes each beat. */
    private static final class Beats implements Carriers.Heartbeat {
        private final Semaphore begun = new Semaphore(0);
        private final Map<ManagedChannel, Semaphore> answers = new ConcurrentHashMap<>();

        @Override
        public void beat(ManagedChannel channel, Duration deadline) throws Exception {
            Semaphore answer = answers.computeIfAbsent(channel, c -> new Semaphore(0));
            begun.release();
            answer.acquire();
        }

        void answer(int times) {
            answers.values().forEach(answer -> answer.release(times));
        }
    }

    private static void begun(Semaphore beats) throws InterruptedException {
        assertTrue(beats.tryAcquire(2, 20, TimeUnit.SECONDS), "no beat of both");
    }

    @Test
    void whoAsksForABeatGetsOneThatBeginsAfterwards() throws Exception {
        Beats beats = new Beats();
        try (Carriers carriers = Carriers.open("test", nobody(), 1, Duration.ofHours(1), beats, Duration.ofHours(1))) {
            begun(beats.begun);
            // The answer that is under way may be older than what the caller knows.
            carriers.beatNow();
            beats.answer(1);
            begun(beats.begun);
            beats.answer(100);
            carriers.beatNow();
            begun(beats.begun);
        }
    }

    @Test
    void whoAsksForAnAnswerGetsThatOfACarrierForFlowsToALaterBeat() throws Exception {
        Beats beats = new Beats();
        try (Carriers carriers = Carriers.open("test", nobody(), 1, Duration.ofHours(1), beats, Duration.ofHours(1))) {
            begun(beats.begun);
            Semaphore flows = beats.answers.get(carriers.pick().channel());
            CompletableFuture<Void> answer = carriers.answers();
            beats.answers.get(carriers.control().channel()).release(100);
            flows.release();
            assertTrue(beats.begun.tryAcquire(20, TimeUnit.SECONDS), "no later beat");
            assertFalse(answer.isDone());
            flows.release();
            answer.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void whoAsksForAnAnswerHearsOfTheEnd() throws Exception {
        Beats beats = new Beats();
        Carriers carriers = Carriers.open("test", nobody(), 1, Duration.ofHours(1), beats);
        begun(beats.begun);
        CompletableFuture<Void> before = carriers.answers();
        carriers.close();
        CompletableFuture<Void> after = carriers.answers();
        beats.answer(1);
        assertThrows(ExecutionException.class, () -> before.get(20, TimeUnit.SECONDS));
        assertThrows(ExecutionException.class, () -> after.get(20, TimeUnit.SECONDS));
    }

    @Test
    void onlyTheControlCarrierSaysWhetherThePeerIsThere() throws Exception {
        Set<ManagedChannel> broken = ConcurrentHashMap.newKeySet();
        Set<ManagedChannel> answered = ConcurrentHashMap.newKeySet();
        Carriers.Heartbeat heartbeat = (channel, deadline) -> {
            if (broken.contains(channel)) {
                throw new java.io.IOException("silent");
            }
            answered.add(channel);
        };
        try (Carriers carriers = Carriers.open("test", nobody(), 1, Duration.ofHours(1), heartbeat)) {
            BlockingQueue<Boolean> heard = new LinkedBlockingQueue<>();
            try (AutoCloseable watch = carriers.up().watch(heard::add)) {
                Awaits.that("it is up", () -> carriers.up().get());
                heard.clear();
                Carrier other = carriers.pick();
                // One that has not answered yet would be given an hour.
                Awaits.that("its answer", () -> answered.contains(other.channel()));
                broken.add(other.channel());
                Awaits.that("another one for flows", () -> {
                    carriers.beatNow();
                    return carriers.pick() != other;
                });
                assertEquals(List.of(), List.copyOf(heard), "nobody hears of that");
                Carrier control = carriers.control();
                broken.add(control.channel());
                Awaits.that("it is down", () -> {
                    carriers.beatNow();
                    return !carriers.up().get();
                });
                // It was there before: after two misses there is another one, which answers.
                Awaits.that("it is up again", () -> carriers.up().get());
                assertNotSame(control, carriers.control());
                assertSame(control.loop(), carriers.control().loop(), watch::toString);
                assertEquals(List.of(false, true), List.copyOf(heard));
            }
        }
    }

    @Test
    void aFlowGoesWhereTheFewestAreAmongThoseThatAnswer() throws Exception {
        Set<ManagedChannel> broken = ConcurrentHashMap.newKeySet();
        Carriers.Heartbeat heartbeat = (channel, deadline) -> {
            if (broken.contains(channel)) {
                throw new java.io.IOException("silent");
            }
        };
        try (Far far = new Far(directory, (flow, open) -> {});
                Carriers carriers = Carriers.open("test", far.address, 2, Duration.ofHours(1), heartbeat)) {
            Carrier first = carriers.pick();
            RecordingHandler handler = new RecordingHandler(1);
            Flow flow = first.open(open(), handler);
            Awaits.that("the other one", () -> carriers.pick() != first);
            Carrier second = carriers.pick();
            assertNotSame(carriers.control(), second);
            broken.add(second.channel());
            Awaits.that("the one that answers, though it has a flow", () -> {
                carriers.beatNow();
                return carriers.pick() == first;
            });
            assertEquals(1, carriers.flows());
            flow.reset(ResetReason.ABORTED, "enough");
            handler.closed.get(20, TimeUnit.SECONDS);
            Awaits.that("no flow", () -> carriers.flows() == 0);
        }
    }

    @Test
    void nothingIsHeardAndNoThreadIsLeftAfterTheEnd() throws Exception {
        Beats beats = new Beats();
        Carriers carriers = Carriers.open("test-end", nobody(), 1, Duration.ofHours(1), beats);
        begun(beats.begun);
        carriers.close();
        carriers.beatNow();
        List<Boolean> heard = new CopyOnWriteArrayList<>();
        try (AutoCloseable watch = carriers.up().watch(heard::add)) {
            beats.answer(100);
            Awaits.that("no beats", () -> Threads.alive().stream()
                    .noneMatch(thread -> thread.getName().startsWith("beat-test-end")));
            assertEquals(List.of(false), heard, watch::toString);
        }
        Awaits.that("no loops", () -> Awaits.threads("test-end") == 0);
    }

    private DomainSocketAddress nobody() {
        return new DomainSocketAddress(directory.resolve("nobody").toFile());
    }

    private static Open open() {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        return Open.newBuilder()
                .setId(new FlowKey(Transport.TCP, any, any).toWire())
                .setDial(Dial.getDefaultInstance())
                .build();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

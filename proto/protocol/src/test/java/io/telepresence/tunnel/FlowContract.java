package io.telepresence.tunnel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link Flow} promises. A subclass for each kind of flow opens them. */
@Timeout(30)
public abstract class FlowContract {
    /** Of a flow of TCP that a subclass opens. */
    protected static final FlowKey KEY = new FlowKey(
            io.telepresence.agree.Transport.TCP,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 1000),
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 2000));

    /** Both ends of one flow; what is tested is one of them, or both. */
    public record Ends(Flow opening, Flow accepting) {}

    /** Opens a flow with these handlers; nobody has said {@link Flow#opened}. */
    protected abstract Ends open(FlowHandler opening, FlowHandler accepting) throws Exception;

    private final Heard near = new Heard();
    private final Heard far = new Heard();

    /** What a handler heard, a word each. */
    private static final class Heard implements FlowHandler {
        private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

        @Override
        public void onOpened(Flow flow) {
            events.add("opened");
        }

        @Override
        public void onData(Flow flow, ByteBuf data) {
            events.add(data.toString(UTF_8));
            data.release();
        }

        @Override
        public void onFinished(Flow flow) {
            events.add("finished");
        }

        @Override
        public void onReset(Flow flow, ResetReason why, String text) {
            events.add("reset " + why);
        }

        @Override
        public void onClosed(Flow flow) {
            events.add("closed");
        }

        String next() throws InterruptedException {
            return events.poll(10, TimeUnit.SECONDS);
        }

        List<String> now() {
            return List.copyOf(events);
        }
    }

    private static void on(Flow flow, Runnable work) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        flow.loop().execute(() -> {
            try {
                work.run();
                done.complete(null);
            } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        });
        done.get(10, TimeUnit.SECONDS);
    }

    private static void write(Flow flow, String text) throws Exception {
        on(flow, () -> flow.write(Unpooled.copiedBuffer(text, UTF_8)));
    }

    private Ends opened() throws Exception {
        Ends ends = open(near, far);
        on(ends.accepting(), ends.accepting()::opened);
        ends.opening().request(1);
        assertEquals("opened", near.next());
        return ends;
    }

    @Test
    void itsKeyIsTheSameAtBothEnds() throws Exception {
        Ends ends = open(near, far);
        assertEquals(KEY, ends.opening().key());
        assertEquals(KEY, ends.accepting().key());
    }

    @Test
    void nothingComesUnlessItIsAskedFor() throws Exception {
        Ends ends = opened();
        write(ends.opening(), "a");
        write(ends.opening(), "b");
        ends.accepting().request(1);
        assertEquals("a", far.next());
        ends.opening().request(1);
        write(ends.accepting(), "answer");
        assertEquals("answer", near.next());
        assertEquals(List.of(), far.now());
        ends.accepting().request(1);
        assertEquals("b", far.next());
    }

    @Test
    void oneDirectionMayFinishFirst() throws Exception {
        Ends ends = opened();
        ends.opening().request(10);
        ends.accepting().request(10);
        write(ends.opening(), "question");
        on(ends.opening(), ends.opening()::finish);
        assertEquals("question", far.next());
        assertEquals("finished", far.next());
        write(ends.accepting(), "answer");
        on(ends.accepting(), ends.accepting()::finish);
        assertEquals("answer", near.next());
        assertEquals("finished", near.next());
        assertEquals("closed", near.next());
        assertEquals("closed", far.next());
        overForGood(ends);
    }

    @Test
    void whoResetsHearsTheEndAndTheOtherEndThatItWasCut() throws Exception {
        Ends ends = opened();
        ends.opening().request(10);
        ends.accepting().reset(ResetReason.ABORTED, "gone");
        assertEquals("reset ABORTED", near.next());
        assertEquals("closed", near.next());
        assertEquals("closed", far.next());
        overForGood(ends);
    }

    @Test
    void theOpeningEndMayResetToo() throws Exception {
        Ends ends = opened();
        ends.accepting().request(10);
        ends.opening().reset(ResetReason.ABORTED, "enough");
        assertEquals("reset ABORTED", far.next());
        assertEquals("closed", far.next());
        assertEquals("closed", near.next());
        overForGood(ends);
    }

    @Test
    void aResetIsAnAnswerToo() throws Exception {
        Ends ends = open(near, far);
        ends.opening().request(1);
        ends.accepting().reset(ResetReason.REFUSED, "nobody listens");
        assertEquals("reset REFUSED", near.next());
        assertEquals("closed", near.next());
        assertEquals("closed", far.next());
        overForGood(ends);
    }

    @Test
    void whoComesLateHearsThatItIsOver() throws Exception {
        Ends ends = opened();
        ends.opening().request(10);
        ends.accepting().request(10);
        ends.accepting().reset(ResetReason.ABORTED, "");
        assertEquals("reset ABORTED", near.next());
        assertEquals("closed", near.next());
        assertEquals("closed", far.next());
        for (Flow flow : List.of(ends.opening(), ends.accepting())) {
            Heard late = new Heard();
            on(flow, () -> flow.handler(late));
            assertEquals("reset ABORTED", late.next());
            assertEquals("closed", late.next());
        }
    }

    @Test
    void anotherHandlerTakesOver() throws Exception {
        Ends ends = opened();
        Heard next = new Heard();
        on(ends.accepting(), () -> ends.accepting().handler(next));
        write(ends.opening(), "to the next");
        ends.accepting().request(1);
        assertEquals("to the next", next.next());
        assertEquals(List.of(), far.now());
    }

    /** Nothing is heard any more, nothing goes wrong, and what is written is released. */
    private void overForGood(Ends ends) throws Exception {
        for (Flow flow : List.of(ends.opening(), ends.accepting())) {
            ByteBuf late = Unpooled.copiedBuffer("late", UTF_8);
            on(flow, () -> {
                assertFalse(flow.isWritable());
                flow.write(late);
                flow.finish();
                flow.request(1);
                flow.reset(ResetReason.ABORTED, "late");
            });
            assertEquals(0, late.refCnt());
        }
        assertEquals(List.of(), near.now());
        assertEquals(List.of(), far.now());
    }
}

package io.telepresence.tunnel.splice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.telepresence.agree.Transport;
import io.telepresence.local.Loops;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.MemoryFlow;
import io.telepresence.tunnel.RecordingHandler;
import io.telepresence.tunnel.ResetReason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two flows on different loops are one: data, ends and breaks pass in their order. */
@Timeout(60)
class FlowJoinTest {
    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

    private final EventLoopGroup loops = Loops.create("join-test", 2);
    private final RecordingHandler near = new RecordingHandler(0);
    private final RecordingHandler far = new RecordingHandler(0);
    private MemoryFlow.Pair left;
    private MemoryFlow.Pair right;

    @BeforeEach
    void open() throws Exception {
        left = MemoryFlow.pair(new FlowKey(Transport.TCP, ANY, ANY), loops.next());
        right = MemoryFlow.pair(new FlowKey(Transport.TCP, ANY, ANY), loops.next());
        on(left.opening(), () -> left.opening().handler(near));
        on(right.accepting(), () -> right.accepting().handler(far));
        left.opening().request(1_000_000);
        right.accepting().request(1_000_000);
    }

    @AfterEach
    void close() {
        Loops.shutdown(loops);
    }

    private static void on(Flow flow, Runnable work) throws Exception {
        flow.loop().submit(work).get(20, TimeUnit.SECONDS);
    }

    private static void write(Flow flow, String text) throws Exception {
        on(flow, () -> flow.write(Unpooled.copiedBuffer(text, UTF_8)));
    }

    private void join() {
        FlowJoin.join(left.accepting(), right.opening());
    }

    @Test
    void everythingArrivesInOrderAndThenTheEnd() throws Exception {
        join();
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            all.append(i).append(' ');
            write(left.opening(), i + " ");
        }
        on(left.opening(), left.opening()::finish);
        assertEquals(all.toString(), new String(far.finished.get(20, TimeUnit.SECONDS), UTF_8));
        write(right.accepting(), "answer");
        on(right.accepting(), right.accepting()::finish);
        assertArrayEquals("answer".getBytes(UTF_8), near.finished.get(20, TimeUnit.SECONDS));
        near.closed.get(20, TimeUnit.SECONDS);
        far.closed.get(20, TimeUnit.SECONDS);
        assertFalse(near.reset.isDone() || far.reset.isDone());
    }

    @Test
    void whatWasSentBeforeTheyWereJoinedArrives() throws Exception {
        write(left.opening(), "early");
        on(left.opening(), left.opening()::finish);
        join();
        assertEquals("early", new String(far.finished.get(20, TimeUnit.SECONDS), UTF_8));
    }

    @Test
    void aBreakOfOneBreaksTheOther() throws Exception {
        join();
        right.accepting().reset(ResetReason.ABORTED, "gone");
        assertEquals(ResetReason.ABORTED, near.reset.get(20, TimeUnit.SECONDS));
        near.closed.get(20, TimeUnit.SECONDS);
        far.closed.get(20, TimeUnit.SECONDS);
    }

    @Test
    void oneThatIsOverAlreadyBreaksTheOther() throws Exception {
        left.opening().reset(ResetReason.ABORTED, "gone");
        near.closed.get(20, TimeUnit.SECONDS);
        on(left.accepting(), () -> {});
        join();
        assertEquals(ResetReason.ABORTED, far.reset.get(20, TimeUnit.SECONDS));
        far.closed.get(20, TimeUnit.SECONDS);
    }
}

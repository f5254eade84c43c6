package io.telepresence.userd.podaccess;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.telepresence.agree.Transport;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.local.Loops;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.MemoryFlow;
import io.telepresence.tunnel.RecordingHandler;
import io.telepresence.tunnel.ResetReason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The whole answer of an agent, or a fault; never a part of it, and never more than fits. */
@Timeout(60)
class FlowContentTest {
    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

    private final EventLoopGroup loops = Loops.create("content-test", 1);
    private final FlowContent content = new FlowContent();
    private final RecordingHandler agent = new RecordingHandler(0);
    private MemoryFlow flow;

    @BeforeEach
    void open() throws Exception {
        MemoryFlow.Pair pair = MemoryFlow.pair(new FlowKey(Transport.TCP, ANY, ANY), loops.next());
        flow = pair.accepting();
        on(() -> flow.handler(agent));
        flow.request(10);
        on(() -> pair.opening().handler(content));
        pair.opening().request(1);
    }

    @AfterEach
    void close() {
        Loops.shutdown(loops);
    }

    private void on(Runnable work) throws Exception {
        loops.next().submit(work).get(30, TimeUnit.SECONDS);
    }

    private Fault fault() {
        ExecutionException error =
                assertThrows(ExecutionException.class, () -> content.content().get(30, TimeUnit.SECONDS));
        return assertInstanceOf(FaultException.class, error.getCause()).fault();
    }

    private void write(byte[] data) throws Exception {
        on(() -> flow.write(Unpooled.wrappedBuffer(data)));
    }

    @Test
    void thePartsAreOneAnswer() throws Exception {
        on(flow::opened);
        for (String part : new String[] {"a", "", "bc"}) {
            write(part.getBytes(UTF_8));
        }
        on(flow::finish);
        assertArrayEquals("abc".getBytes(UTF_8), content.content().get(30, TimeUnit.SECONDS));
        agent.closed.get(30, TimeUnit.SECONDS);
    }

    @Test
    void anEmptyAnswerIsOne() throws Exception {
        on(flow::opened);
        on(flow::finish);
        assertArrayEquals(new byte[0], content.content().get(30, TimeUnit.SECONDS));
    }

    @Test
    void asMuchAsFitsAndNoByteMore() throws Exception {
        on(flow::opened);
        write(new byte[FlowContent.MOST]);
        write(new byte[1]);
        assertEquals("the answer is too long", fault().text());
        assertEquals(ResetReason.ABORTED, agent.reset.get(30, TimeUnit.SECONDS));
    }

    @Test
    void whatWasCutIsNoAnswer() throws Exception {
        on(flow::opened);
        write("half of".getBytes(UTF_8));
        flow.reset(ResetReason.ABORTED, "the pod is gone");
        assertEquals(Fault.unreachable("the pod is gone", ""), fault());
    }

    @Test
    void aRefusalSaysWhy() throws Exception {
        flow.reset(ResetReason.DENIED, "not for this kind");
        assertEquals(Fault.denied("not for this kind", ""), fault());
    }
}

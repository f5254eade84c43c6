package io.telepresence.agent.udp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.Destination;
import io.telepresence.agree.Transport;
import io.telepresence.local.Loops;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.MemoryFlow;
import io.telepresence.tunnel.ResetReason;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One source's datagrams on their way to a laptop: wherever they end, their bytes are given back. */
@Timeout(60)
class ClientConversationTest {
    private static final FlowKey KEY = new FlowKey(
            Transport.UDP, new InetSocketAddress("127.0.0.1", 4321), new InetSocketAddress("127.0.0.1", 53));

    private final EventLoopGroup loops = Loops.create("udp", 1);
    private final EventLoop loop = loops.next();
    private final long before = TransitBudget.OF_AGENT.taken();
    private final List<ByteBuf> given = new ArrayList<>();
    private final StringBuffer laptop = new StringBuffer();
    private MemoryFlow far;
    private ClientConversation conversation;

    @BeforeEach
    void open() throws Exception {
        MemoryFlow.Pair pair = MemoryFlow.pair(KEY, loop);
        far = pair.accepting();
        conversation = new ClientConversation(
                new Destination.ToClient(new ClientEndpoint("client:one", "127.0.0.1", 53, false)), null);
        onLoop(() -> {
            far.handler(new FlowHandler() {
                @Override
                public void onData(Flow same, ByteBuf data) {
                    laptop.append(data.toString(US_ASCII));
                    data.release();
                }
            });
            pair.opening().handler(conversation);
        });
        far.request(1000);
        pair.opening().request(1);
        conversation.through(pair.opening());
    }

    @AfterEach
    void nothingIsKept() {
        Loops.shutdown(loops);
        assertEquals(before, TransitBudget.OF_AGENT.taken());
        given.forEach(data -> assertEquals(0, data.refCnt()));
    }

    private void onLoop(Runnable work) throws Exception {
        loop.submit(work).get(30, TimeUnit.SECONDS);
    }

    private void settle() throws Exception {
        for (int i = 0; i < 5; i++) {
            onLoop(() -> {});
        }
    }

    private void send(String text) {
        ByteBuf data = Unpooled.copiedBuffer(text, US_ASCII);
        given.add(data);
        conversation.datagram(data);
    }

    @Test
    void theFirstOnesWaitForTheLaptopAndTooManyAreDropped() throws Exception {
        for (int i = 0; i < 100; i++) {
            send("x");
        }
        settle();
        assertEquals("", laptop.toString());
        onLoop(far::opened);
        settle();
        assertEquals(64, laptop.length());
        send("y");
        settle();
        assertEquals("y", laptop.substring(64));
        conversation.close();
        settle();
    }

    @Test
    void whatWaitsForALaptopThatRefusesIsGivenBack() throws Exception {
        send("a");
        send("b");
        settle();
        assertTrue(TransitBudget.OF_AGENT.taken() > before, "it waits");
        far.reset(ResetReason.REFUSED, "nobody listens");
        settle();
        assertEquals(before, TransitBudget.OF_AGENT.taken());
        send("c");
        assertFalse(conversation.stale(System.nanoTime()), "it is not asked again at once");
        assertTrue(conversation.stale(System.nanoTime() + Duration.ofMinutes(1).toNanos()));
    }

    @Test
    void aLoopThatHasEndedKeepsNothing() throws Exception {
        onLoop(far::opened);
        settle();
        Loops.shutdown(loops);
        send("a");
        conversation.close();
        send("b");
    }
}

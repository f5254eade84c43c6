package io.telepresence.agent.udp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.telepresence.agent.route.ClientEndpoint;
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
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OpeningFlowsTest {
    private static final InetSocketAddress APP = new InetSocketAddress("127.0.0.1", 53);
    private static final ClientEndpoint LAPTOP = new ClientEndpoint("client:one", "127.0.0.1", 53, false);

    private final EventLoopGroup loops = Loops.create("udp", 1);
    private final EventLoop loop = loops.next();
    private final List<MemoryFlow> far = new ArrayList<>();
    private final List<String> heard = new ArrayList<>();
    private final OpeningFlows flows = new OpeningFlows((to, source, destination, handler) -> {
        MemoryFlow.Pair pair = MemoryFlow.pair(new FlowKey(Transport.UDP, source, destination), loop);
        pair.opening().handler(handler);
        pair.opening().request(1);
        far.add(pair.accepting());
        return pair.opening();
    });

    private final FlowHandler handler = new FlowHandler() {
        @Override
        public void onOpened(Flow flow) {
            heard.add("opened");
        }

        @Override
        public void onReset(Flow flow, ResetReason why, String text) {
            heard.add("reset");
        }

        @Override
        public void onClosed(Flow flow) {
            heard.add("closed");
        }
    };

    @AfterEach
    void end() {
        Loops.shutdown(loops);
    }

    private void onLoop(Runnable task) throws Exception {
        loop.submit(task).get(30, TimeUnit.SECONDS);
    }

    private Flow open(String address, int port) {
        return flows.open(LAPTOP, new InetSocketAddress(address, port), APP, handler);
    }

    @Test
    void oneAddressThatOpensManyMakesNoOtherWait() throws Exception {
        onLoop(() -> {
            for (int i = 0; i < OpeningFlows.MOST; i++) {
                assertNotNull(open("192.0.2.1", 1000 + i));
            }
            assertNull(open("192.0.2.1", 999), "of that address no more for now");
            assertNotNull(open("192.0.2.2", 999), "another one is not concerned");
            assertEquals(OpeningFlows.MOST + 1, far.size());
        });
    }

    @Test
    void whatIsOpenOrOverMakesRoom() throws Exception {
        onLoop(() -> {
            for (int i = 0; i < OpeningFlows.MOST; i++) {
                open("192.0.2.1", 1000 + i);
            }
            far.get(0).handler(new FlowHandler() {});
            far.get(0).opened();
            far.get(1).handler(new FlowHandler() {});
            far.get(1).reset(ResetReason.REFUSED, "nothing listens");
        });
        onLoop(() -> {
            assertEquals(List.of("opened", "reset", "closed"), heard);
            assertNotNull(open("192.0.2.1", 998));
            assertNotNull(open("192.0.2.1", 999));
            assertNull(open("192.0.2.1", 997));
        });
        // What ends later has made room already.
        onLoop(() -> far.get(0).reset(ResetReason.ABORTED, "over"));
        onLoop(() -> assertNull(open("192.0.2.1", 997)));
    }

    @Test
    void aLinkThatIsBeingClosedKeepsNoRoom() {
        OpeningFlows closing = new OpeningFlows((to, source, destination, with) -> {
            throw new RejectedExecutionException("closed");
        });
        for (int i = 0; i < 2 * OpeningFlows.MOST; i++) {
            InetSocketAddress source = new InetSocketAddress("192.0.2.1", 1000 + i);
            assertThrows(RejectedExecutionException.class, () -> closing.open(LAPTOP, source, APP, handler));
        }
    }
}

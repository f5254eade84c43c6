package io.telepresence.manager.tunnel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.testing.FakeTime;
import io.telepresence.tunnel.Flow;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class EngagedFlowsTest {
    private static final int TIMES = 20_000;

    private final EventLoop loop = new DefaultEventLoop();
    private final EngagedFlows flows = new EngagedFlows();
    private final AtomicInteger cut = new AtomicInteger();
    private final ClientSession ann = new SessionRegistry(new FakeTime())
            .arrive(new ClientSession.Client("ann", "ann", "default", ""), "")
            .session();

    @AfterEach
    void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private TrackedFlow flow() {
        Flow flow = (Flow) Proxy.newProxyInstance(
                Flow.class.getClassLoader(), new Class<?>[] {Flow.class}, (_, method, _) -> switch (method.getName()) {
                    case "loop" -> loop;
                    case "reset" -> cut.incrementAndGet();
                    default -> null;
                });
        return new TrackedFlow(flow, ann);
    }

    /** One ends while another begins, each on its own loop. */
    @Test
    void eachFlowThatIsOpenIsCutWithItsEngagement() throws Exception {
        CyclicBarrier together = new CyclicBarrier(2);
        TrackedFlow[] ends = new TrackedFlow[TIMES];
        for (int i = 0; i < TIMES; i++) {
            ends[i] = flow();
            flows.add("e" + i, ends[i]);
        }
        Thread ending = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < TIMES; i++) {
                await(together);
                ends[i].onClosed(ends[i]);
            }
        });
        for (int i = 0; i < TIMES; i++) {
            TrackedFlow begins = flow();
            await(together);
            flows.add("e" + i, begins);
        }
        ending.join();
        for (int i = 0; i < TIMES; i++) {
            flows.end("e" + i, Duration.ZERO);
        }
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (cut.get() < TIMES && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertEquals(TIMES, cut.get());
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}

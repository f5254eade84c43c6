package io.telepresence.manager.tunnel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.telepresence.local.Loops;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.testing.FakeTime;
import io.telepresence.tunnel.FlowContract;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.MemoryFlow;
import io.telepresence.tunnel.RecordingHandler;
import io.telepresence.tunnel.ResetReason;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The accepting end is tracked. */
class TrackedFlowTest extends FlowContract {
    private final EventLoopGroup loops = Loops.create("tracked", 1);
    private final SessionRegistry sessions = new SessionRegistry(new FakeTime());
    private final SessionRegistry.Arrival<ClientSession> ann =
            sessions.arrive(new ClientSession.Client("ann", "ann", "default", ""), "");

    @AfterEach
    void close() {
        Loops.shutdown(loops);
    }

    @Override
    protected Ends open(FlowHandler opening, FlowHandler accepting) throws Exception {
        EventLoop loop = (EventLoop) loops.iterator().next();
        MemoryFlow.Pair pair = MemoryFlow.pair(KEY, loop);
        pair.opening().handler(opening);
        TrackedFlow tracked = loop.submit(() -> {
                    TrackedFlow flow = new TrackedFlow(pair.accepting(), ann.session());
                    flow.handler(accepting);
                    return flow;
                })
                .get(10, TimeUnit.SECONDS);
        return new Ends(pair.opening(), tracked);
    }

    @Test
    void itIsCutWhenItsSessionEnds() throws Exception {
        RecordingHandler near = new RecordingHandler(4);
        RecordingHandler far = new RecordingHandler(4);
        Ends ends = open(near, far);
        ends.accepting().loop().execute(ends.accepting()::opened);
        ends.opening().request(1);
        near.opened.get(10, TimeUnit.SECONDS);
        sessions.depart(ann.credential(), Caller.UNKNOWN);
        assertEquals(ResetReason.ABORTED, far.reset.get(10, TimeUnit.SECONDS));
        assertEquals(ResetReason.ABORTED, near.reset.get(10, TimeUnit.SECONDS));
        far.closed.get(10, TimeUnit.SECONDS);
        near.closed.get(10, TimeUnit.SECONDS);
    }
}

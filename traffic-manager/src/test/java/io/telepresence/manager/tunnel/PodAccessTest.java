package io.telepresence.manager.tunnel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.telepresence.agree.Transport;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.SessionIds;
import io.telepresence.rpc.tunnel.Files;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.rpc.tunnel.Reach;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.RecordingHandler;
import io.telepresence.tunnel.ResetReason;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients reach into pods, over real connections. */
@Timeout(30)
class PodAccessTest extends SwitchboardFixture {
    @Test
    void aClientReachesIntoAPod() throws Exception {
        Reached reached = reach();
        assertEquals("app", reached.asked.container());
        assertTrue(reached.asked.reach().getFiles().getReadOnly());
        Flow clientFlow = get(reached.client.opened);
        on(clientFlow, () -> {
            clientFlow.write(Unpooled.copiedBuffer("question", UTF_8));
            clientFlow.finish();
        });
        assertEquals("question", new String(get(reached.agent.finished), UTF_8));
        on(reached.agentFlow, () -> {
            reached.agentFlow.write(Unpooled.copiedBuffer("answer", UTF_8));
            reached.agentFlow.finish();
        });
        assertEquals("answer", new String(get(reached.client.finished), UTF_8));
        get(reached.client.closed);
        assertFalse(reached.client.reset.isDone());
    }

    @Test
    void nobodyReachesWhereHeMayNot() throws Exception {
        RecordingHandler other = new RecordingHandler(4);
        client.open(reach(SessionIds.of(ann), "e2"), other);
        assertEquals(ResetReason.DENIED, get(other.reset));
        RecordingHandler asAgent = new RecordingHandler(4);
        agentSide.open(reach(SessionIds.of(agent), "e1"), asAgent);
        assertEquals(ResetReason.DENIED, get(asAgent.reset));
        RecordingHandler unasked = new RecordingHandler(4);
        agentSide.open(fetch(SessionIds.of(agent), "no such dial"), unasked);
        assertEquals(ResetReason.DENIED, get(unasked.reset));
        targets = List.of();
        RecordingHandler noAgent = new RecordingHandler(4);
        client.open(reach(SessionIds.of(ann), "e1"), noAgent);
        assertEquals(ResetReason.UNREACHABLE, get(noAgent.reset));
    }

    @Test
    void anAgentThatDoesNotFetchIsGivenUpAndOneThatListensIsAskedFirst() throws Exception {
        close();
        start(Duration.ofMillis(100), false);
        RecordingHandler near = new RecordingHandler(4);
        client.open(reach(SessionIds.of(ann), "e1"), near);
        assertEquals(ResetReason.UNREACHABLE, get(near.reset));
        AgentSession second = sessions.arrive(
                        new AgentSession.Agent("echo-2", "u2", "10.0.0.2", ECHO, "v0.1.0", Set.of(), Set.of()), "")
                .session();
        targets = List.of(agent, second);
        BlockingQueue<Switchboard.ReachAsked> asked = new LinkedBlockingQueue<>();
        board.watchReaches(second, asked::add, () -> {});
        client.open(reach(SessionIds.of(ann), "e1"), new RecordingHandler(4));
        assertEquals("app", asked.poll(5, TimeUnit.SECONDS).container());
    }

    @Test
    void theEndOfTheEngagementEndsTheReachAtOnce() throws Exception {
        Reached reached = reach();
        get(reached.client.opened);
        board.engagementEnded("e1");
        assertEquals(ResetReason.ABORTED, get(reached.agent.reset));
        assertEquals(ResetReason.ABORTED, get(reached.client.reset));
    }

    @Test
    void anEngagementThatEndsWhileAReachBeginsLeavesNoWayIn() throws Exception {
        whenGranted = () -> {
            reachable = "";
            board.engagementEnded("e1");
        };
        BlockingQueue<Switchboard.ReachAsked> requests = new LinkedBlockingQueue<>();
        board.watchReaches(agent, requests::add, () -> {});
        RecordingHandler near = new RecordingHandler(4);
        client.open(reach(SessionIds.of(ann), "e1"), near);
        assertEquals(ResetReason.DENIED, get(near.reset));
        RecordingHandler late = new RecordingHandler(4);
        agentSide.open(
                fetch(SessionIds.of(agent), requests.poll(5, TimeUnit.SECONDS).dialId()), late);
        assertEquals(ResetReason.DENIED, get(late.reset));
    }

    private record Reached(
            Switchboard.ReachAsked asked, RecordingHandler client, RecordingHandler agent, Flow agentFlow) {}

    private Reached reach() throws Exception {
        BlockingQueue<Switchboard.ReachAsked> requests = new LinkedBlockingQueue<>();
        board.watchReaches(agent, requests::add, () -> {});
        RecordingHandler near = new RecordingHandler(4);
        client.open(reach(SessionIds.of(ann), "e1"), near);
        Switchboard.ReachAsked asked = requests.poll(5, TimeUnit.SECONDS);
        RecordingHandler far = new RecordingHandler(4);
        Flow fetched = agentSide.open(fetch(SessionIds.of(agent), asked.dialId()), far);
        on(fetched, () -> {
            fetched.opened();
            fetched.request(4);
        });
        return new Reached(asked, near, far, fetched);
    }

    private static Open reach(String session, String engagement) {
        return open(session, Transport.TCP, 0)
                .setReach(Reach.newBuilder().setEngagementId(engagement).setFiles(Files.getDefaultInstance()))
                .build();
    }
}

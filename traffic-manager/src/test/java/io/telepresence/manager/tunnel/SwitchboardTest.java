package io.telepresence.manager.tunnel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.buffer.Unpooled;
import io.telepresence.agree.Transport;
import io.telepresence.local.FreePorts;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionIds;
import io.telepresence.rpc.tunnel.Deliver;
import io.telepresence.rpc.tunnel.Dial;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.RecordingHandler;
import io.telepresence.tunnel.ResetReason;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients and agents on real connections; only the cluster is a socket on the loopback. */
@Timeout(30)
class SwitchboardTest extends SwitchboardFixture {
    @Test
    void aClientReachesAServiceAndEndsEachWayByItself() throws Exception {
        try (ServerSocket origin = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread.startVirtualThread(() -> {
                try (Socket socket = origin.accept()) {
                    byte[] all = socket.getInputStream().readAllBytes();
                    socket.getOutputStream().write(all);
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            RecordingHandler near = new RecordingHandler(4);
            Flow flow = client.open(dial(SessionIds.of(ann), Transport.TCP, origin.getLocalPort()), near);
            get(near.opened);
            on(flow, () -> {
                flow.write(Unpooled.copiedBuffer("hello", UTF_8));
                flow.finish();
            });
            assertEquals("hello", new String(get(near.finished), UTF_8));
            get(near.closed);
        }
    }

    @Test
    void datagramsKeepTheirBorders() throws Exception {
        try (DatagramSocket origin = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            RecordingHandler near = new RecordingHandler(4);
            Flow flow = client.open(dial(SessionIds.of(ann), Transport.UDP, origin.getLocalPort()), near);
            get(near.opened);
            on(flow, () -> {
                flow.write(Unpooled.copiedBuffer("one", UTF_8));
                flow.write(Unpooled.copiedBuffer("three", UTF_8));
            });
            DatagramPacket packet = new DatagramPacket(new byte[100], 100);
            origin.receive(packet);
            assertEquals(3, packet.getLength());
            origin.receive(packet = new DatagramPacket(new byte[100], 100));
            assertEquals(5, packet.getLength());
        }
    }

    @Test
    void aPortNobodyListensOnIsRefused() throws Exception {
        int port = FreePorts.one();
        RecordingHandler near = new RecordingHandler(4);
        client.open(dial(SessionIds.of(ann), Transport.TCP, port), near);
        assertEquals(ResetReason.REFUSED, get(near.reset));
    }

    @Test
    void whatTheRulesForbidIsNotDialled() throws Exception {
        close();
        start(Duration.ofSeconds(5), true);
        RecordingHandler near = new RecordingHandler(4);
        client.open(dial(SessionIds.of(ann), Transport.TCP, 8082), near);
        assertEquals(ResetReason.DENIED, get(near.reset));
    }

    @Test
    void whoHasNoSessionOpensNothing() throws Exception {
        RecordingHandler near = new RecordingHandler(4);
        client.open(dial("00000000000000000000000000000000", Transport.TCP, 1), near);
        assertEquals(ResetReason.UNREACHABLE, get(near.reset));
        RecordingHandler asAgent = new RecordingHandler(4);
        client.open(dial(SessionIds.of(agent), Transport.TCP, 1), asAgent);
        assertEquals(ResetReason.UNREACHABLE, get(asAgent.reset));
        RecordingHandler dialByAgent = new RecordingHandler(4);
        agentSide.open(dial(SessionIds.of(agent), Transport.TCP, 1), dialByAgent);
        assertEquals(ResetReason.DENIED, get(dialByAgent.reset));
    }

    @Test
    void silenceOfTheClientCutsItsFlows() throws Exception {
        try (ServerSocket origin = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            RecordingHandler near = new RecordingHandler(4);
            client.open(dial(SessionIds.of(ann), Transport.TCP, origin.getLocalPort()), near);
            get(near.opened);
            try (Socket accepted = origin.accept()) {
                time.advance(Duration.ofSeconds(31));
                sessions.sweep();
                assertEquals(ResetReason.ABORTED, get(near.reset));
                accepted.setSoTimeout(5000);
                org.junit.jupiter.api.Assertions.assertThrows(
                        java.net.SocketException.class,
                        () -> accepted.getInputStream().read());
            }
        }
    }

    @Test
    void whatAnAgentDeliversIsFetchedAndJoined() throws Exception {
        Joined joined = join();
        byte[] up = new byte[1 << 20];
        new java.util.Random(1).nextBytes(up);
        Flow agentFlow = get(joined.agent.opened);
        on(agentFlow, () -> {
            agentFlow.write(Unpooled.wrappedBuffer(up));
            agentFlow.finish();
        });
        assertArrayEquals(up, get(joined.client.finished));
        on(joined.clientFlow, () -> {
            joined.clientFlow.write(Unpooled.copiedBuffer("answer", UTF_8));
            joined.clientFlow.finish();
        });
        assertEquals("answer", new String(get(joined.agent.finished), UTF_8));
        get(joined.agent.closed);
        get(joined.client.closed);
        assertFalse(joined.agent.reset.isDone());
    }

    @Test
    void anAgentDeliversForItsOwnEngagementsOnly() throws Exception {
        RecordingHandler far = new RecordingHandler(4);
        agentSide.open(deliver("e2", 8080), far);
        assertEquals(ResetReason.DENIED, get(far.reset));
        RecordingHandler otherPort = new RecordingHandler(4);
        agentSide.open(deliver("e1", 22), otherPort);
        assertEquals(ResetReason.DENIED, get(otherPort.reset));
    }

    @Test
    void aClientThatDoesNotFetchIsGivenUp() throws Exception {
        close();
        start(Duration.ofMillis(100), false);
        RecordingHandler far = new RecordingHandler(4);
        agentSide.open(deliver("e1", 8080), far);
        assertEquals(ResetReason.NO_CLIENT, get(far.reset));
    }

    @Test
    void aWatcherThatComesLateHearsOfWhatWaits() throws Exception {
        RecordingHandler far = new RecordingHandler(4);
        agentSide.open(deliver("e1", 8080), far);
        BlockingQueue<Switchboard.DialAsked> asked = new LinkedBlockingQueue<>();
        // Whether the delivery or the watch comes first is not known: both must lead to the request.
        board.watchDials(ann, asked::add, () -> {});
        assertEquals(8080, asked.poll(5, TimeUnit.SECONDS).port());
    }

    @Test
    void theNewestWatcherWins() {
        CompletableFuture<String> replaced = new CompletableFuture<>();
        board.watchDials(ann, _ -> {}, () -> replaced.complete("old"));
        board.watchDials(ann, _ -> {}, () -> replaced.complete("new"));
        assertEquals("old", replaced.getNow(""));
    }

    @Test
    void nobodyFetchesWhatIsNotHis() throws Exception {
        ClientSession bob = arrive("bob");
        BlockingQueue<Switchboard.DialAsked> asked = new LinkedBlockingQueue<>();
        board.watchDials(ann, asked::add, () -> {});
        RecordingHandler far = new RecordingHandler(4);
        agentSide.open(deliver("e1", 8080), far);
        String dialId = asked.poll(5, TimeUnit.SECONDS).dialId();
        RecordingHandler thief = new RecordingHandler(4);
        client.open(fetch(SessionIds.of(bob), dialId), thief);
        assertEquals(ResetReason.DENIED, get(thief.reset));
        RecordingHandler unknown = new RecordingHandler(4);
        client.open(fetch(SessionIds.of(ann), "no such dial"), unknown);
        assertEquals(ResetReason.DENIED, get(unknown.reset));
        Flow rightful = client.open(fetch(SessionIds.of(ann), dialId), new RecordingHandler(4));
        on(rightful, rightful::opened);
        get(far.opened);
        RecordingHandler twice = new RecordingHandler(4);
        client.open(fetch(SessionIds.of(ann), dialId), twice);
        assertEquals(ResetReason.DENIED, get(twice.reset));
    }

    @Test
    void aRefusalOnTheLaptopReachesTheAgent() throws Exception {
        BlockingQueue<Switchboard.DialAsked> asked = new LinkedBlockingQueue<>();
        board.watchDials(ann, asked::add, () -> {});
        RecordingHandler far = new RecordingHandler(4);
        agentSide.open(deliver("e1", 8080), far);
        Flow fetched = client.open(
                fetch(SessionIds.of(ann), asked.poll(5, TimeUnit.SECONDS).dialId()), new RecordingHandler(4));
        fetched.reset(ResetReason.REFUSED, "nothing listens");
        assertEquals(ResetReason.REFUSED, get(far.reset));
    }

    @Test
    void theEndOfTheEngagementCutsItsConnections() throws Exception {
        Joined joined = join();
        get(joined.agent.opened);
        board.engagementEnded("e1");
        assertEquals(ResetReason.ABORTED, get(joined.agent.reset));
        assertEquals(ResetReason.ABORTED, get(joined.client.reset));
    }

    @Test
    void aRequestThatIsBeingAnsweredWhenTheEngagementEndsIsAnsweredToItsEnd() throws Exception {
        Joined joined = join();
        Flow agentFlow = get(joined.agent.opened);
        board.engagementEnded("e1");
        on(joined.clientFlow, () -> {
            joined.clientFlow.write(Unpooled.copiedBuffer("answer", UTF_8));
            joined.clientFlow.finish();
        });
        on(agentFlow, agentFlow::finish);
        assertEquals("answer", new String(get(joined.agent.finished), UTF_8));
        get(joined.agent.closed);
        assertFalse(joined.agent.reset.isDone());
    }

    @Test
    void whatWaitsForTheClientWhenTheEngagementEndsIsGivenBack() throws Exception {
        BlockingQueue<Switchboard.DialAsked> asked = new LinkedBlockingQueue<>();
        board.watchDials(ann, asked::add, () -> {});
        RecordingHandler far = new RecordingHandler(4);
        agentSide.open(deliver("e1", 8080), far);
        String dialId = asked.poll(5, TimeUnit.SECONDS).dialId();
        board.engagementEnded("e1");
        assertEquals(ResetReason.DENIED, get(far.reset));
        RecordingHandler late = new RecordingHandler(4);
        client.open(fetch(SessionIds.of(ann), dialId), late);
        assertEquals(ResetReason.DENIED, get(late.reset));
    }

    @Test
    void theEndOfTheClientCutsTheAgentsConnections() throws Exception {
        Joined joined = join();
        get(joined.agent.opened);
        sessions.depart(SessionIds.of(ann), Caller.UNKNOWN);
        get(joined.agent.reset);
    }

    @Test
    void theEndOfTheClientEndsTheWaitAtOnce() throws Exception {
        BlockingQueue<Switchboard.DialAsked> asked = new LinkedBlockingQueue<>();
        board.watchDials(ann, asked::add, () -> {});
        RecordingHandler far = new RecordingHandler(4);
        agentSide.open(deliver("e1", 8080), far);
        asked.poll(5, TimeUnit.SECONDS);
        sessions.depart(SessionIds.of(ann), Caller.UNKNOWN);
        assertEquals(ResetReason.NO_CLIENT, far.reset.get(2, TimeUnit.SECONDS));
    }

    private record Joined(RecordingHandler agent, RecordingHandler client, Flow clientFlow) {}

    private Joined join() throws Exception {
        BlockingQueue<Switchboard.DialAsked> asked = new LinkedBlockingQueue<>();
        board.watchDials(ann, asked::add, () -> {});
        RecordingHandler far = new RecordingHandler(4);
        agentSide.open(deliver("e1", 8080), far);
        RecordingHandler near = new RecordingHandler(4);
        Flow fetched = client.open(
                fetch(SessionIds.of(ann), asked.poll(5, TimeUnit.SECONDS).dialId()), near);
        on(fetched, () -> {
            fetched.opened();
            fetched.request(4);
        });
        return new Joined(far, near, fetched);
    }

    private static Open dial(String session, Transport protocol, int port) {
        return open(session, protocol, port).setDial(Dial.getDefaultInstance()).build();
    }

    private Open deliver(String engagement, int port) {
        return open(SessionIds.of(agent), Transport.TCP, 80)
                .setDeliver(Deliver.newBuilder()
                        .setEngagementId(engagement)
                        .setHost("127.0.0.1")
                        .setPort(port))
                .build();
    }
}

package io.telepresence.manager.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.telepresence.local.Loops;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.agent.AgentGateGrpc;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.testing.FakeTime;
import io.telepresence.tunnel.grpc.TunnelServers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stream of heartbeats keeps a session as calls do, and does not outlive it. */
@Timeout(30)
class HeartbeatStreamTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");

    /** A multiple of the beats whose replies fit into the window and the queue of a stream. */
    private static final int MANY = 60_000;

    private final EventLoopGroup loops = Loops.create("test", 1);
    private final FakeTime time = new FakeTime();
    private final SessionRegistry sessions = new SessionRegistry(time);
    private Server server;
    private ManagedChannel channel;

    private final class Gate extends AgentGateGrpc.AgentGateImplBase {
        @Override
        public StreamObserver<AgentBeat> heartbeats(StreamObserver<RemainReply> out) {
            return new HeartbeatStream(
                    out,
                    beat -> RemainReply.newBuilder()
                            .setKnown(sessions.remain(beat.getSessionId()))
                            .build(),
                    sessions::agent);
        }
    }

    /** What an agent hears. */
    private final class Heard implements ClientResponseObserver<AgentBeat, RemainReply> {
        private final BlockingQueue<RemainReply> replies = new LinkedBlockingQueue<>();
        private final CompletableFuture<Status> end = new CompletableFuture<>();
        private final boolean reads;
        private ClientCallStreamObserver<AgentBeat> stream;

        Heard(boolean reads) {
            this.reads = reads;
            AgentGateGrpc.newStub(channel).heartbeats(this);
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<AgentBeat> started) {
            stream = started;
            if (!reads) {
                started.disableAutoRequestWithInitial(0);
            }
        }

        boolean beat(String session) throws InterruptedException {
            stream.onNext(AgentBeat.newBuilder().setSessionId(session).build());
            return replies.poll(10, TimeUnit.SECONDS).getKnown();
        }

        Status end() throws Exception {
            return end.get(20, TimeUnit.SECONDS);
        }

        @Override
        public void onNext(RemainReply reply) {
            replies.add(reply);
        }

        @Override
        public void onError(Throwable error) {
            end.complete(Status.fromThrowable(error));
        }

        @Override
        public void onCompleted() {
            end.complete(Status.OK);
        }
    }

    @BeforeEach
    void open() throws Exception {
        server = TunnelServers.builder(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), loops)
                .addService(new Gate())
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .usePlaintext()
                .flowControlWindow(65_535)
                .build();
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        server.shutdownNow();
        Loops.shutdown(loops);
    }

    private String arrive(String pod) {
        return sessions.arrive(
                        new AgentSession.Agent(pod, "uid-" + pod, "10.0.0.1", ECHO, "v1", Set.of(), Set.of()), "")
                .credential();
    }

    @Test
    void beatsKeepTheSession() throws Exception {
        String session = arrive("a");
        Heard agent = new Heard(true);
        for (int i = 0; i < 5; i++) {
            assertTrue(agent.beat(session));
            time.advance(Duration.ofSeconds(10));
            sessions.sweep();
        }
        assertTrue(sessions.agent(session).isPresent());
    }

    @Test
    void theStreamEndsWithTheSession() throws Exception {
        String session = arrive("a");
        Heard agent = new Heard(true);
        assertTrue(agent.beat(session));
        time.advance(SessionRegistry.AGENT_SILENCE.plusSeconds(1));
        sessions.sweep();
        assertEquals(Status.Code.UNAVAILABLE, agent.end().getCode());
    }

    @Test
    void whoIsNotKnownIsToldSoAndTheStreamEnds() throws Exception {
        Heard agent = new Heard(true);
        assertFalse(agent.beat("session-0"));
        assertEquals(Status.Code.OK, agent.end().getCode());
    }

    /** The old session must not end the stream of the new one. */
    @Test
    void aResumedSessionIsAnother() throws Exception {
        String first = arrive("a");
        Heard agent = new Heard(true);
        assertTrue(agent.beat(first));
        String second = arrive("b");
        assertTrue(agent.beat(second));
        sessions.depart(first);
        assertTrue(agent.beat(second));
        sessions.depart(second);
        assertEquals(Status.Code.UNAVAILABLE, agent.end().getCode());
    }

    /** Replies to somebody who reads none do not pile up. */
    @Test
    void whoDoesNotReadIsEnded() throws Exception {
        String session = arrive("a");
        Heard agent = new Heard(false);
        AgentBeat beat = AgentBeat.newBuilder().setSessionId(session).build();
        for (int i = 0; i < MANY; i++) {
            agent.stream.onNext(beat);
        }
        agent.stream.request(MANY);
        assertEquals(Status.Code.UNAVAILABLE, agent.end().getCode());
        assertTrue(agent.replies.size() < MANY / 2, () -> agent.replies.size() + " were kept for it");
    }
}

package io.telepresence.manager.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.telepresence.agree.Transport;
import io.telepresence.limits.ConnectionLimits;
import io.telepresence.local.Loops;
import io.telepresence.manager.auth.AgentReview;
import io.telepresence.manager.auth.SigningKeys;
import io.telepresence.manager.auth.TestTokens;
import io.telepresence.manager.auth.TokenCheck;
import io.telepresence.manager.watch.FakeApiServer;
import io.telepresence.rpc.agent.AgentArrival;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.agent.AgentGateGrpc;
import io.telepresence.rpc.agent.AgentSession;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.rpc.tunnel.Deliver;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.grpc.Carrier;
import io.telepresence.tunnel.grpc.TunnelServers;
import io.telepresence.tunnel.grpc.TunnelService;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What somebody gets at the agents' port who has no good token, and what it costs. */
@Timeout(30)
class AgentPortTest {
    private static final String LIVING = "session-1";
    private static final FlowKey KEY =
            new FlowKey(Transport.TCP, new InetSocketAddress("10.0.0.1", 40000), new InetSocketAddress("10.0.0.2", 80));

    private final AtomicInteger accepted = new AtomicInteger();
    private final EventLoopGroup loops = Loops.create("test", 1);
    private final ConnectionLimits limits = new ConnectionLimits(AgentConnection.STRANGERS);
    private final AtomicInteger parsed = new AtomicInteger();
    private TestTokens tokens;
    private FakeApiServer api;
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void open() throws Exception {
        tokens = TestTokens.rsa();
        api = FakeApiServer.open()
                .with("/openid/v1/jwks", tokens.keys("k1"))
                .with(
                        "/apis/authentication.k8s.io/v1/tokenreviews",
                        """
                        {"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "status": {
                          "authenticated": true, "audiences": ["traffic-manager"],
                          "user": {"username": "system:serviceaccount:default:default", "extra": {
                            "authentication.kubernetes.io/pod-name": ["echo-1"],
                            "authentication.kubernetes.io/pod-uid": ["uid-1"]}}}}
                        """);
        SigningKeys keys = SigningKeys.of(api.client(), InstantSource.system());
        AgentAuthenticator authenticator = new AgentAuthenticator(
                limits,
                new TokenCheck(keys, InstantSource.system()),
                AgentReview.with(api.client(), InstantSource.system()),
                LIVING::equals);
        server = TunnelServers.builder(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), loops)
                .channelFactory(limits.sockets())
                .addService(ServerInterceptors.intercept(new Gate(), authenticator))
                .addService(ServerInterceptors.intercept(TunnelService.bind(loops, this::accept), authenticator))
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .usePlaintext()
                .build();
    }

    private void accept(Flow flow, Open open) {
        if (open.getSessionId().equals(LIVING)) {
            AgentConnection.trust();
            accepted.incrementAndGet();
        }
        flow.reset(ResetReason.UNREACHABLE, "nobody there");
    }

    private final class Gate extends AgentGateGrpc.AgentGateImplBase {
        @Override
        public void arriveAsAgent(AgentArrival request, StreamObserver<AgentSession> out) {
            parsed.incrementAndGet();
            out.onNext(AgentSession.getDefaultInstance());
            out.onCompleted();
        }

        @Override
        public void remain(AgentBeat request, StreamObserver<RemainReply> out) {
            out.onNext(RemainReply.getDefaultInstance());
            out.onCompleted();
        }
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        server.shutdownNow();
        Loops.shutdown(loops);
        api.close();
    }

    private AgentSession arrive(String token, int size) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
        AgentArrival arrival = AgentArrival.newBuilder()
                .setPodNameBytes(ByteString.copyFrom(new byte[size]))
                .build();
        return ClientCalls.blockingUnaryCall(
                io.grpc.ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
                AgentGateGrpc.getArriveAsAgentMethod(),
                io.grpc.CallOptions.DEFAULT,
                arrival);
    }

    private Status.Code refused(String token, int size) {
        return assertThrows(StatusRuntimeException.class, () -> arrive(token, size))
                .getStatus()
                .getCode();
    }

    @Test
    void aBadTokenCostsNoReviewAndNoParsing() throws Exception {
        for (String bad :
                new String[] {"", "x", tokens.token("k1", "other", Instant.now().plusSeconds(60))}) {
            assertEquals(Status.Code.PERMISSION_DENIED, refused(bad, 100));
        }
        assertEquals(0, api.asked().size(), "asked: " + api.asked());
        String another =
                TestTokens.rsa().token("k1", "traffic-manager", Instant.now().plusSeconds(60));
        assertEquals(Status.Code.PERMISSION_DENIED, refused(another, 100));
        assertEquals(1, api.asked().size(), "the keys once: " + api.asked());
        assertEquals(0, parsed.get());
    }

    @Test
    void aGoodTokenIsReviewedOnceAndLetIn() throws Exception {
        String token = tokens.token("k1", "traffic-manager", Instant.now().plusSeconds(60));
        arrive(token, 100_000);
        arrive(token, 100_000);
        assertEquals(2, parsed.get());
        assertEquals(2, api.asked().size(), "keys and one review: " + api.asked());
        assertEquals(0, limits.strangers());
    }

    @Test
    void aStrangerCannotSendMegabytes() {
        Status.Code code = refused("x.y.z", 16 << 20);
        assertTrue(code == Status.Code.UNAVAILABLE || code == Status.Code.PERMISSION_DENIED, code.toString());
        assertEquals(0, parsed.get());
    }

    @Test
    void aStrangersCallsAreCounted() {
        AgentGateGrpc.AgentGateBlockingStub gate = AgentGateGrpc.newBlockingStub(channel);
        int served = 0;
        try {
            for (int i = 0; i < 100; i++) {
                gate.remain(AgentBeat.getDefaultInstance());
                served++;
            }
        } catch (StatusRuntimeException e) {
            assertTrue(
                    e.getStatus().getCode() == Status.Code.UNAVAILABLE
                            || e.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED,
                    e.toString());
        }
        assertEquals(AgentConnection.STRANGERS.calls(), served);
    }

    /** All before the connection is there, as of an agent that has just become ready: what became of them. */
    private int accepted(String session, int flows) throws InterruptedException {
        CountDownLatch over = new CountDownLatch(flows);
        FlowHandler noting = new FlowHandler() {
            @Override
            public void onClosed(Flow flow) {
                over.countDown();
            }
        };
        Open open = Open.newBuilder()
                .setSessionId(session)
                .setId(KEY.toWire())
                .setDeliver(Deliver.getDefaultInstance())
                .build();
        try (Carrier carrier = Carrier.open("agent", new InetSocketAddress("127.0.0.1", server.getPort()))) {
            carrier.loop().execute(() -> {
                for (int i = 0; i < flows; i++) {
                    carrier.open(open, noting);
                }
            });
            over.await();
        }
        return accepted.get();
    }

    @Test
    void anAgentsFlowsAreNoStrangersHoweverManyBeginAtOnce() throws Exception {
        int many = AgentConnection.STRANGERS.calls() * 5;
        assertEquals(many, accepted(LIVING, many));
    }

    @Test
    void flowsOfNoSessionAreAStrangers() throws Exception {
        assertEquals(0, accepted("session-2", AgentConnection.STRANGERS.calls() * 5));
        assertEquals(0, limits.open());
    }
}

package io.telepresence.agent;

import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.telepresence.local.Loops;
import io.telepresence.rpc.agent.AgentArrival;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.agent.AgentGateGrpc;
import io.telepresence.rpc.agent.AgentSession;
import io.telepresence.rpc.agent.ReachRequest;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.tunnel.FlowAcceptor;
import io.telepresence.tunnel.grpc.TunnelServers;
import io.telepresence.tunnel.grpc.TunnelService;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The manager's agent port, in this process: keeps sessions and engagements, hands flows to a laptop of the test. */
final class FakeManager implements AutoCloseable {
    static final String TOKEN = "a-token";

    final List<AgentArrival> arrivals = new CopyOnWriteArrayList<>();
    final List<AgentBeat> beats = new CopyOnWriteArrayList<>();
    final List<String> departed = new CopyOnWriteArrayList<>();
    final Set<String> sessions = ConcurrentHashMap.newKeySet();
    /** Heartbeats that were turned down, see {@link #controlOnly}. */
    final AtomicInteger turnedDown = new AtomicInteger();
    /** Only the connection on which an agent has arrived is served its heartbeats. */
    volatile boolean controlOnly;

    volatile int grace;
    final int port;
    private final EventLoopGroup loops = Loops.create("stand-in", 1);
    private final Server server;
    private final Set<StreamObserver<EngagementSnapshot>> watchers = ConcurrentHashMap.newKeySet();
    private final Set<StreamObserver<LogLevelRequest>> levels = ConcurrentHashMap.newKeySet();
    private final Set<StreamObserver<ReachRequest>> reaches = ConcurrentHashMap.newKeySet();
    private EngagementSnapshot snapshot = EngagementSnapshot.getDefaultInstance();

    FakeManager(int port, FlowAcceptor acceptor) throws IOException {
        this(port, acceptor, false);
    }

    FakeManager(int port, FlowAcceptor acceptor, boolean controlOnly) throws IOException {
        this.controlOnly = controlOnly;
        server = TunnelServers.builder(new InetSocketAddress("127.0.0.1", port), loops)
                .addService(new Gate())
                .addService(TunnelService.bind(loops, acceptor))
                .intercept(new TokenCheck())
                .build()
                .start();
        this.port = server.getPort();
    }

    /** Tells every agent what is engaged from now on. */
    synchronized void engage(Engagement... engagements) {
        snapshot = EngagementSnapshot.newBuilder()
                .addAllEngagements(List.of(engagements))
                .build();
        watchers.forEach(watcher -> watcher.onNext(snapshot));
    }

    /** A client wants something inside the pod. */
    void reach(ReachRequest request) {
        reaches.forEach(watcher -> watcher.onNext(request));
    }

    boolean reachable() {
        return !reaches.isEmpty();
    }

    void level(String level) {
        levels.forEach(watcher ->
                watcher.onNext(LogLevelRequest.newBuilder().setLevel(level).build()));
    }

    private synchronized void watch(StreamObserver<EngagementSnapshot> watcher) {
        watchers.add(watcher);
        watcher.onNext(snapshot);
    }

    @Override
    public void close() throws InterruptedException {
        server.shutdownNow();
        server.awaitTermination(2, TimeUnit.SECONDS);
        Loops.shutdown(loops);
    }

    private final class Gate extends AgentGateGrpc.AgentGateImplBase {
        @Override
        public void arriveAsAgent(AgentArrival arrival, StreamObserver<AgentSession> answer) {
            arrivals.add(arrival);
            String session =
                    arrival.getResumeSessionId().isEmpty() ? "agent-" + arrivals.size() : arrival.getResumeSessionId();
            sessions.add(session);
            reply(answer, AgentSession.newBuilder().setSessionId(session).build());
        }

        @Override
        public void remain(AgentBeat session, StreamObserver<RemainReply> answer) {
            beats.add(session);
            boolean known = sessions.contains(session.getSessionId());
            reply(
                    answer,
                    RemainReply.newBuilder()
                            .setKnown(known)
                            .setGraceSeconds(grace)
                            .build());
        }

        @Override
        public void depart(SessionRef session, StreamObserver<Empty> answer) {
            departed.add(session.getSessionId());
            sessions.remove(session.getSessionId());
            reply(answer, Empty.getDefaultInstance());
        }

        @Override
        public void watchEngagements(SessionRef session, StreamObserver<EngagementSnapshot> answer) {
            watch(answer);
        }

        @Override
        public void watchReaches(SessionRef session, StreamObserver<ReachRequest> answer) {
            reaches.add(answer);
        }

        @Override
        public void watchLogLevel(SessionRef session, StreamObserver<LogLevelRequest> answer) {
            levels.add(answer);
        }

        private static <T> void reply(StreamObserver<T> answer, T value) {
            answer.onNext(value);
            answer.onCompleted();
        }
    }

    private final class TokenCheck implements ServerInterceptor {
        private static final Metadata.Key<String> AUTHORIZATION =
                Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
        private final Set<SocketAddress> arrived = ConcurrentHashMap.newKeySet();

        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            boolean arrival = call.getMethodDescriptor().getFullMethodName().endsWith("ArriveAsAgent");
            if (arrival && !("Bearer " + TOKEN).equals(headers.get(AUTHORIZATION))) {
                call.close(io.grpc.Status.UNAUTHENTICATED.withDescription("wrong token"), new Metadata());
                return new ServerCall.Listener<>() {};
            }
            SocketAddress peer = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
            if (arrival) {
                arrived.add(peer);
            }
            boolean beat = call.getMethodDescriptor().getFullMethodName().endsWith("Remain");
            if (beat && controlOnly && !arrived.contains(peer)) {
                turnedDown.incrementAndGet();
                call.close(io.grpc.Status.UNAVAILABLE, new Metadata());
                return new ServerCall.Listener<>() {};
            }
            return next.startCall(call, headers);
        }
    }
}

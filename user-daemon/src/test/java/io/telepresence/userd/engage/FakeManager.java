package io.telepresence.userd.engage;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.telepresence.agree.Versions;
import io.telepresence.local.Loops;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.engagement.EngagedPort;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.EngagementState;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.ClientConfig;
import io.telepresence.rpc.manager.ClientSession;
import io.telepresence.rpc.manager.ClusterInfo;
import io.telepresence.rpc.manager.DialRequest;
import io.telepresence.rpc.manager.DisengageRequest;
import io.telepresence.rpc.manager.EngageProgress;
import io.telepresence.rpc.manager.EngageRequest;
import io.telepresence.rpc.manager.ManagerGrpc;
import io.telepresence.rpc.manager.ProofChallenge;
import io.telepresence.rpc.manager.ProofResult;
import io.telepresence.rpc.manager.ProofTicket;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.rpc.tunnel.Protocol;
import io.telepresence.tunnel.FlowAcceptor;
import io.telepresence.tunnel.grpc.TunnelServers;
import io.telepresence.tunnel.grpc.TunnelService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A manager that knows sessions and engagements, on a unix socket. A new one knows nothing of an older one's sessions. */
public final class FakeManager extends ManagerGrpc.ManagerImplBase implements AutoCloseable {
    public final BlockingQueue<ClientArrival> arrivals = new LinkedBlockingQueue<>();
    final BlockingQueue<StreamObserver<DialRequest>> watchers = new LinkedBlockingQueue<>();
    public final BlockingQueue<StreamObserver<EngagementSnapshot>> snapshots = new LinkedBlockingQueue<>();
    final BlockingQueue<String> cancelled = new LinkedBlockingQueue<>();
    final List<String> left = new CopyOnWriteArrayList<>();

    public final BlockingQueue<StreamObserver<ClusterInfo>> clusters = new LinkedBlockingQueue<>();

    /** Ids of those that said goodbye. */
    public final BlockingQueue<String> departed = new LinkedBlockingQueue<>();

    /** Calls that are heard and not answered, by their names. */
    public final Set<String> silent = ConcurrentHashMap.newKeySet();

    /** The names of calls that were heard. */
    public final Set<String> called = ConcurrentHashMap.newKeySet();

    public volatile VersionInfo version = Versions.info("Traffic Manager");

    public volatile ClusterInfo cluster = ClusterInfo.getDefaultInstance();

    /** The Helm value {@code client}. */
    public volatile String config = "";

    /** Not null: why nobody may arrive. */
    public volatile Status refusal;

    /** True: answers to heartbeats wait until a test gives them. */
    public volatile boolean holdsBeats;

    public final BlockingQueue<Runnable> heldBeats = new LinkedBlockingQueue<>();

    /** Heartbeats that came. */
    public final AtomicInteger beats = new AtomicInteger();

    /** The id of who arrives anew. */
    public volatile String fresh = "s1";

    /** Tickets that were shown; each is taken. */
    public final BlockingQueue<ProofTicket> tickets = new LinkedBlockingQueue<>();

    /** For the next ticket. */
    public static final ByteString NONCE = ByteString.copyFromUtf8("0123456789abcdef");

    /** True: it knows nothing of proofs. */
    public volatile boolean old;

    /** Not null: why no ticket is taken. */
    public volatile Status ticketRefusal;

    /** False: who resumes its session gets a new id too. */
    public volatile boolean keepsIds = true;

    /** Completed by a test: until then no engagement becomes active, and no disengage returns. */
    volatile CompletableFuture<Void> roll = CompletableFuture.completedFuture(null);

    /** Those that it knows. */
    public final Set<String> sessions = ConcurrentHashMap.newKeySet();

    private final EventLoopGroup loops = Loops.create("fake-manager", 1);
    private final Server server;

    public FakeManager(Path socket, FlowAcceptor acceptor) throws Exception {
        Files.deleteIfExists(socket);
        server = TunnelServers.builder(new DomainSocketAddress(socket.toFile()), loops)
                .addService(this)
                .addService(TunnelService.bind(loops, acceptor))
                .build()
                .start();
    }

    @Override
    public void version(Empty request, StreamObserver<VersionInfo> to) {
        if (answers("version")) {
            answer(to, version);
        }
    }

    @Override
    public void beginProof(Empty request, StreamObserver<ProofChallenge> to) {
        if (old) {
            super.beginProof(request, to);
            return;
        }
        if (answers("beginProof")) {
            answer(to, ProofChallenge.newBuilder().setNonce(NONCE).build());
        }
    }

    @Override
    public void prove(ProofTicket request, StreamObserver<ProofResult> to) {
        if (ticketRefusal != null) {
            to.onError(ticketRefusal.asRuntimeException());
            return;
        }
        tickets.add(request);
        if (answers("prove")) {
            answer(
                    to,
                    ProofResult.newBuilder()
                            .setUser("alice")
                            .setValidSeconds(600)
                            .build());
        }
    }

    @Override
    public void arriveAsClient(ClientArrival request, StreamObserver<ClientSession> to) {
        if (refusal != null) {
            to.onError(refusal.asRuntimeException());
            return;
        }
        String id = keepsIds && !request.getResumeSessionId().isEmpty() ? request.getResumeSessionId() : fresh;
        sessions.add(id);
        arrivals.add(request);
        if (answers("arriveAsClient")) {
            answer(to, ClientSession.newBuilder().setSessionId(id).build());
        }
    }

    @Override
    public void remain(io.telepresence.rpc.manager.ClientBeat request, StreamObserver<RemainReply> to) {
        RemainReply reply = RemainReply.newBuilder()
                .setKnown(sessions.contains(request.getSessionId()))
                .build();
        beats.incrementAndGet();
        if (holdsBeats) {
            heldBeats.add(() -> answer(to, reply));
        } else {
            answer(to, reply);
        }
    }

    @Override
    public void depart(SessionRef request, StreamObserver<Empty> to) {
        sessions.remove(request.getSessionId());
        departed.add(request.getSessionId());
        answer(to, Empty.getDefaultInstance());
    }

    @Override
    public void getClientConfig(SessionRef request, StreamObserver<ClientConfig> to) {
        if (answers("getClientConfig")) {
            answer(to, ClientConfig.newBuilder().setYaml(config).build());
        }
    }

    @Override
    public void watchClusterInfo(SessionRef request, StreamObserver<ClusterInfo> to) {
        if (answers("watchClusterInfo")) {
            to.onNext(cluster);
            clusters.add(to);
        }
    }

    @Override
    public void watchDials(SessionRef request, StreamObserver<DialRequest> to) {
        watchers.add(to);
    }

    @Override
    public void watchEngagements(SessionRef request, StreamObserver<EngagementSnapshot> to) {
        snapshots.add(to);
    }

    @Override
    public void engage(EngageRequest request, StreamObserver<EngageProgress> to) {
        EngagementSpec.Builder spec = request.getSpec().toBuilder();
        boolean byWorkload = spec.getKind() == EngagementKind.REPLACE || spec.getKind() == EngagementKind.INGEST;
        String container = spec.getContainer().isEmpty() ? "app" : spec.getContainer();
        if (byWorkload) {
            spec.setName(spec.getWorkload() + "/" + container);
        }
        Engagement.Builder made = Engagement.newBuilder()
                .setId(request.getSessionId() + ":" + spec.getName())
                .setSpec(spec)
                .setContainer(container)
                .setState(EngagementState.WAITING);
        request.getSpec()
                .getPortsList()
                .forEach(p -> made.addPorts(EngagedPort.newBuilder()
                        .setProtocol(p.getIdentifier().startsWith("dns") ? Protocol.UDP : Protocol.TCP)
                        .setContainerPort(8080)
                        .setLocalPort(p.getLocalPort() == 0 ? 8080 : p.getLocalPort())));
        ((ServerCallStreamObserver<EngageProgress>) to).setOnCancelHandler(() -> cancelled.add(spec.getName()));
        to.onNext(EngageProgress.newBuilder().setReserved(made).build());
        to.onNext(EngageProgress.newBuilder().setWaiting("waiting for agents").build());
        roll.thenRun(() -> answer(
                to,
                EngageProgress.newBuilder()
                        .setEngagement(made.setState(EngagementState.ACTIVE))
                        .build()));
    }

    @Override
    public void disengage(DisengageRequest request, StreamObserver<Empty> to) {
        left.add(request.getName());
        roll.thenRun(() -> answer(to, Empty.getDefaultInstance()));
    }

    @Override
    public void close() {
        server.shutdownNow();
        Loops.shutdown(loops);
    }

    private boolean answers(String call) {
        called.add(call);
        return !silent.contains(call);
    }

    private static <T> void answer(StreamObserver<T> to, T reply) {
        to.onNext(reply);
        to.onCompleted();
    }
}

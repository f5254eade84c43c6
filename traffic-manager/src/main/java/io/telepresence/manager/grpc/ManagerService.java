package io.telepresence.manager.grpc;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.telepresence.agree.Versions;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.identity.Identities;
import io.telepresence.manager.identity.Person;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.ClientBeat;
import io.telepresence.rpc.manager.ClientConfig;
import io.telepresence.rpc.manager.ClusterInfo;
import io.telepresence.rpc.manager.DialRequest;
import io.telepresence.rpc.manager.DisengageRequest;
import io.telepresence.rpc.manager.DnsAnswer;
import io.telepresence.rpc.manager.DnsQuestion;
import io.telepresence.rpc.manager.EngageProgress;
import io.telepresence.rpc.manager.EngageRequest;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.Explanation;
import io.telepresence.rpc.manager.GatherLogsRequest;
import io.telepresence.rpc.manager.LogChunk;
import io.telepresence.rpc.manager.ManagerGrpc;
import io.telepresence.rpc.manager.PingReply;
import io.telepresence.rpc.manager.PingRequest;
import io.telepresence.rpc.manager.ProofChallenge;
import io.telepresence.rpc.manager.ProofResult;
import io.telepresence.rpc.manager.ProofTicket;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.rpc.manager.UninstallProgress;
import io.telepresence.rpc.manager.UninstallRequest;
import io.telepresence.rpc.manager.WorkloadQuery;
import io.telepresence.rpc.manager.WorkloadSnapshot;
import io.telepresence.rpc.manager.YamlReply;
import io.telepresence.rpc.manager.YamlRequest;

/** The gRPC edge for clients. Methods are called on event loops: what may block hops to a virtual thread. */
public final class ManagerService extends ManagerGrpc.ManagerImplBase {
    private final Identities identities;
    private final SessionRegistry sessions;
    private final ClientSessionService clients;
    private final EngagementService engage;
    private final AgentAdminService agents;
    private final ClusterInfoService cluster;
    private final LogGatheringService logs;

    public ManagerService(
            Identities identities,
            SessionRegistry sessions,
            ClientSessionService clients,
            EngagementService engage,
            AgentAdminService agents,
            ClusterInfoService cluster,
            LogGatheringService logs) {
        this.identities = identities;
        this.sessions = sessions;
        this.clients = clients;
        this.engage = engage;
        this.agents = agents;
        this.cluster = cluster;
        this.logs = logs;
    }

    @Override
    public void version(Empty request, StreamObserver<VersionInfo> out) {
        GrpcAnswers.answerHere(out, () -> Versions.info(ClientSessionService.NAME));
    }

    @Override
    public void beginProof(Empty request, StreamObserver<ProofChallenge> out) {
        GrpcAnswers.answerHere(out, () -> ProofChallenge.newBuilder()
                .setNonce(ByteString.copyFrom(
                        identities.challenge(ClientAuthenticator.caller().key())))
                .build());
    }

    @Override
    public void prove(ProofTicket request, StreamObserver<ProofResult> out) {
        GrpcAnswers.answer("prove", out, () -> {
            String key = ClientAuthenticator.caller().key();
            Person person =
                    identities.prove(key, request.getName(), request.getNonce().toByteArray());
            return ProofResult.newBuilder()
                    .setUser(person.user())
                    .setValidSeconds((int) Identities.VALID.toSeconds())
                    .build();
        });
    }

    @Override
    public void arriveAsClient(ClientArrival request, StreamObserver<io.telepresence.rpc.manager.ClientSession> out) {
        GrpcAnswers.answer("arrive-client", out, () -> clients.arrive(request, ClientAuthenticator.caller()));
    }

    @Override
    public void remain(ClientBeat request, StreamObserver<RemainReply> out) {
        GrpcAnswers.answerHere(out, () -> RemainReply.newBuilder()
                .setKnown(
                        request.hasIdleMs()
                                ? sessions.remain(
                                        request.getSessionId(),
                                        ClientAuthenticator.caller(),
                                        ClientSessionService.idle(request.getIdleMs()))
                                : sessions.remain(request.getSessionId(), ClientAuthenticator.caller()))
                .build());
    }

    @Override
    public void depart(SessionRef request, StreamObserver<Empty> out) {
        GrpcAnswers.answer("depart-client", out, () -> {
            sessions.depart(request.getSessionId(), ClientAuthenticator.caller());
            return Empty.getDefaultInstance();
        });
    }

    @Override
    public void watchClusterInfo(SessionRef request, StreamObserver<ClusterInfo> out) {
        stream(out, () -> cluster.watch(request, out));
    }

    @Override
    public void watchEngagements(SessionRef request, StreamObserver<EngagementSnapshot> out) {
        stream(out, () -> engage.watchEngagements(request, out));
    }

    @Override
    public void watchDials(SessionRef request, StreamObserver<DialRequest> out) {
        stream(out, () -> clients.watchDials(request, out));
    }

    @Override
    public void listWorkloads(WorkloadQuery request, StreamObserver<WorkloadSnapshot> out) {
        GrpcAnswers.answer("list-workloads", out, () -> engage.list(request));
    }

    @Override
    public void watchWorkloads(WorkloadQuery request, StreamObserver<WorkloadSnapshot> out) {
        stream(out, () -> engage.watchWorkloads(request, out));
    }

    @Override
    public void engage(EngageRequest request, StreamObserver<EngageProgress> out) {
        stream(out, () -> engage.engage(request, out));
    }

    @Override
    public void disengage(DisengageRequest request, StreamObserver<Empty> out) {
        GrpcAnswers.answer("disengage", out, () -> engage.disengage(request));
    }

    @Override
    public void explain(ExplainRequest request, StreamObserver<Explanation> out) {
        GrpcAnswers.answer("explain", out, () -> engage.explain(request));
    }

    @Override
    public void uninstall(UninstallRequest request, StreamObserver<UninstallProgress> out) {
        stream(out, () -> agents.uninstall(request, out));
    }

    @Override
    public void generateYaml(YamlRequest request, StreamObserver<YamlReply> out) {
        GrpcAnswers.answer("generate-yaml", out, () -> agents.yaml(request));
    }

    @Override
    public void lookupDns(DnsQuestion request, StreamObserver<DnsAnswer> out) {
        stream(out, () -> cluster.lookup(request, out));
    }

    @Override
    public void ping(PingRequest request, StreamObserver<PingReply> out) {
        GrpcAnswers.answer("ping", out, () -> cluster.ping(request));
    }

    @Override
    public void setLogLevel(LogLevelRequest request, StreamObserver<Empty> out) {
        GrpcAnswers.answer("set-log-level", out, () -> logs.setLevel(request));
    }

    @Override
    public void gatherLogs(GatherLogsRequest request, StreamObserver<LogChunk> out) {
        stream(out, () -> logs.gather(request, out));
    }

    @Override
    public void getClientConfig(SessionRef request, StreamObserver<ClientConfig> out) {
        GrpcAnswers.answer("client-config", out, () -> logs.config(request));
    }

    /** Begins a stream, or says why there is none. */
    @FunctionalInterface
    interface Beginning {
        void begin() throws FaultException;
    }

    static void stream(StreamObserver<?> out, Beginning beginning) {
        try {
            beginning.begin();
        } catch (FaultException | RuntimeException e) {
            GrpcAnswers.fail(out, e);
        }
    }
}

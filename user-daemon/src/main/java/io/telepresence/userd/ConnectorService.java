package io.telepresence.userd;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.telepresence.agree.Versions;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.connector.ConfigReply;
import io.telepresence.rpc.connector.ConfigRequest;
import io.telepresence.rpc.connector.ConnectEvent;
import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.rpc.connector.ConnectorGrpc;
import io.telepresence.rpc.connector.ConnectorStatus;
import io.telepresence.rpc.connector.Contexts;
import io.telepresence.rpc.connector.DisconnectReply;
import io.telepresence.rpc.connector.EngageEvent;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.GatherLogsReply;
import io.telepresence.rpc.connector.GatherLogsRequest;
import io.telepresence.rpc.connector.HelmEvent;
import io.telepresence.rpc.connector.HelmRequest;
import io.telepresence.rpc.connector.HostAnswer;
import io.telepresence.rpc.connector.HostQuestion;
import io.telepresence.rpc.connector.KubeFlags;
import io.telepresence.rpc.connector.LeaveReply;
import io.telepresence.rpc.connector.LeaveRequest;
import io.telepresence.rpc.connector.ListRequest;
import io.telepresence.rpc.connector.Names;
import io.telepresence.rpc.connector.PluginEnd;
import io.telepresence.rpc.connector.PluginRun;
import io.telepresence.rpc.connector.QuitReply;
import io.telepresence.rpc.connector.RevokeRequest;
import io.telepresence.rpc.connector.TerminalOffer;
import io.telepresence.rpc.connector.WorkloadList;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.Explanation;
import io.telepresence.rpc.manager.UninstallProgress;
import io.telepresence.rpc.manager.UninstallRequest;
import io.telepresence.rpc.manager.YamlReply;
import io.telepresence.rpc.manager.YamlRequest;
import io.telepresence.userd.kubeauth.KubeAuthClient;

/** What the command line asks, each request answered by its own class. Runs on virtual threads: all may block. */
final class ConnectorService extends ConnectorGrpc.ConnectorImplBase {
    private final ConnectService connect;
    private final StatusService status;
    private final EngageService engage;
    private final KubeService kube;
    private final ManagerProxy pass;
    private final ConfigService config;
    private final LogService logs;
    private final KubeAuthClient host;
    private final CommandTerminals terminals;

    ConnectorService(
            ConnectService connect,
            StatusService status,
            EngageService engage,
            KubeService kube,
            ManagerProxy pass,
            ConfigService config,
            LogService logs,
            KubeAuthClient host,
            CommandTerminals terminals) {
        this.connect = connect;
        this.status = status;
        this.engage = engage;
        this.kube = kube;
        this.pass = pass;
        this.config = config;
        this.logs = logs;
        this.host = host;
        this.terminals = terminals;
    }

    @Override
    public void version(Empty request, StreamObserver<VersionInfo> to) {
        ConnectorReplies.one(to, () -> Versions.info("User Daemon"));
    }

    @Override
    public void status(Empty request, StreamObserver<ConnectorStatus> to) {
        ConnectorReplies.one(to, status::run);
    }

    @Override
    public void connect(ConnectRequest request, StreamObserver<ConnectEvent> to) {
        ConnectorReplies.stream(to, reply -> connect.connect(request, reply));
    }

    @Override
    public void disconnect(Empty request, StreamObserver<DisconnectReply> to) {
        ConnectorReplies.one(to, connect::disconnect);
    }

    @Override
    public void quit(Empty request, StreamObserver<QuitReply> to) {
        ConnectorReplies.one(to, connect::quit);
        connect.end();
    }

    @Override
    public void list(ListRequest request, StreamObserver<WorkloadList> to) {
        ConnectorReplies.one(to, () -> engage.list(request));
    }

    @Override
    public void watchWorkloads(ListRequest request, StreamObserver<WorkloadList> to) {
        ConnectorReplies.stream(to, reply -> engage.watch(request, reply));
    }

    @Override
    public void engage(EngageRequest request, StreamObserver<EngageEvent> to) {
        ConnectorReplies.stream(to, reply -> engage.engage(request, reply));
    }

    @Override
    public void leave(LeaveRequest request, StreamObserver<LeaveReply> to) {
        ConnectorReplies.one(to, () -> engage.leave(request));
    }

    /** Answered when the engagement is over; no thread waits for that. */
    @Override
    public void awaitEnd(LeaveRequest request, StreamObserver<Empty> to) {
        try {
            engage.ended(request).thenAccept(why -> ConnectorReplies.one(to, Empty::getDefaultInstance));
        } catch (FaultException e) {
            to.onError(FaultStatus.toStatus(e));
        }
    }

    @Override
    public void uninstall(UninstallRequest request, StreamObserver<UninstallProgress> to) {
        ConnectorReplies.stream(to, reply -> pass.uninstall(request, reply));
    }

    @Override
    public void revoke(RevokeRequest request, StreamObserver<Empty> to) {
        ConnectorReplies.one(to, () -> kube.revoke(request));
    }

    @Override
    public void explain(ExplainRequest request, StreamObserver<Explanation> to) {
        ConnectorReplies.one(to, () -> pass.explain(request));
    }

    @Override
    public void generateYaml(YamlRequest request, StreamObserver<YamlReply> to) {
        ConnectorReplies.one(to, () -> pass.generateYaml(request));
    }

    @Override
    public void listNamespaces(KubeFlags request, StreamObserver<Names> to) {
        ConnectorReplies.one(to, () -> kube.namespaces(request));
    }

    @Override
    public void listContexts(KubeFlags request, StreamObserver<Contexts> to) {
        ConnectorReplies.one(to, () -> kube.contexts(request));
    }

    @Override
    public void helm(HelmRequest request, StreamObserver<HelmEvent> to) {
        ConnectorReplies.stream(to, reply -> kube.helm(request, reply));
    }

    @Override
    public void setLogLevel(LogLevelRequest request, StreamObserver<Empty> to) {
        ConnectorReplies.one(to, () -> logs.setLevel(request));
    }

    @Override
    public void gatherLogs(GatherLogsRequest request, StreamObserver<GatherLogsReply> to) {
        ConnectorReplies.one(to, () -> logs.gather(request));
    }

    @Override
    public StreamObserver<HostAnswer> serveHost(StreamObserver<HostQuestion> to) {
        return host.serve(to);
    }

    @Override
    public void serveTerminal(TerminalOffer request, StreamObserver<PluginRun> to) {
        terminals.serve(request, (ServerCallStreamObserver<PluginRun>) to);
    }

    @Override
    public void pluginEnded(PluginEnd request, StreamObserver<Empty> to) {
        ConnectorReplies.one(to, () -> {
            terminals.ended(request);
            return Empty.getDefaultInstance();
        });
    }

    @Override
    public void getConfig(ConfigRequest request, StreamObserver<ConfigReply> to) {
        ConnectorReplies.one(to, () -> config.run(request));
    }
}

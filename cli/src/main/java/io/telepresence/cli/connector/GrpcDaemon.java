package io.telepresence.cli.connector;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.daemon.Configuration;
import io.telepresence.cli.daemon.Connected;
import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.cli.daemon.Explanation;
import io.telepresence.cli.daemon.KubeContext;
import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.cli.daemon.ListedWorkload;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.connector.ConfigReply;
import io.telepresence.rpc.connector.ConfigRequest;
import io.telepresence.rpc.connector.ConnectEvent;
import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.rpc.connector.ConnectorStatus;
import io.telepresence.rpc.connector.Contexts;
import io.telepresence.rpc.connector.DisconnectReply;
import io.telepresence.rpc.connector.EngageEvent;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.GatherLogsReply;
import io.telepresence.rpc.connector.GatherLogsRequest;
import io.telepresence.rpc.connector.HelmEvent;
import io.telepresence.rpc.connector.HelmRequest;
import io.telepresence.rpc.connector.LeaveReply;
import io.telepresence.rpc.connector.LeaveRequest;
import io.telepresence.rpc.connector.ListRequest;
import io.telepresence.rpc.connector.Names;
import io.telepresence.rpc.connector.QuitReply;
import io.telepresence.rpc.connector.RevokeRequest;
import io.telepresence.rpc.connector.WorkloadList;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.UninstallProgress;
import io.telepresence.rpc.manager.UninstallRequest;
import io.telepresence.rpc.manager.YamlReply;
import io.telepresence.rpc.manager.YamlRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** The user daemon behind its unix socket; one connection per call. */
public final class GrpcDaemon implements Daemon {
    private static final String SERVICE = "telepresence.connector.Connector/";

    /** For calls that the daemon answers from what it knows. */
    private static final Duration QUICK = Duration.ofSeconds(10);

    /** For calls whose length is bounded by the daemon's own timeouts. */
    private static final Duration UNBOUNDED = Duration.ZERO;

    private final Rpc rpc;

    /** Whether it may run programs of this machine, and see this environment: one in a container may not. */
    private final boolean trusted;

    public GrpcDaemon(Path socket) {
        this.rpc = new Rpc(socket, "user daemon");
        this.trusted = true;
    }

    /** The one in the container of a connection. */
    public GrpcDaemon(ContainerDaemon connection) {
        this.rpc = new Rpc(connection.target(), "daemon of connection " + connection.name());
        this.trusted = false;
    }

    /** A call that reaches an API server. */
    @FunctionalInterface
    private interface KubeCall<T> {
        T run(io.telepresence.rpc.connector.KubeFlags kube) throws FaultException;
    }

    private <T> T atTerminal(KubeFlags kube, KubeCall<T> call) throws FaultException {
        if (!trusted) {
            return call.run(KubeFlagsToWire.kube(kube));
        }
        try (CommandTerminal terminal = CommandTerminal.open(rpc, kube)) {
            return call.run(KubeFlagsToWire.kube(kube, terminal.id()));
        }
    }

    @Override
    public DaemonStatus status() throws FaultException {
        return FromWire.status(ask("Status", Empty.getDefaultInstance(), ConnectorStatus.parser(), QUICK));
    }

    @Override
    public Connected connect(KubeFlags flags, ConnectRequest request, Consumer<String> steps) throws FaultException {
        AtomicReference<Connected> result = new AtomicReference<>();
        return atTerminal(flags, kube -> {
            ConnectRequest message = request.toBuilder().setKube(kube).build();
            follow("Connect", message, ConnectEvent.parser(), event -> {
                switch (event.getEventCase()) {
                    case PROGRESS -> steps.accept(event.getProgress());
                    case CONNECTED -> result.set(FromWire.connected(event.getConnected()));
                    case EVENT_NOT_SET -> steps.accept("");
                }
            });
            return present(result, "connect");
        });
    }

    @Override
    public void awaitManager(Consumer<String> steps) throws FaultException {
        ConnectRequest reuse = ConnectRequest.newBuilder().setReuseOnly(true).build();
        follow("Connect", reuse, ConnectEvent.parser(), event -> steps.accept(event.getProgress()));
    }

    @Override
    public boolean disconnect() throws FaultException {
        return ask("Disconnect", Empty.getDefaultInstance(), DisconnectReply.parser(), UNBOUNDED)
                .getWasConnected();
    }

    @Override
    public boolean quit() throws FaultException {
        return ask("Quit", Empty.getDefaultInstance(), QuitReply.parser(), Duration.ofSeconds(20))
                .getRootDaemonStays();
    }

    @Override
    public List<ListedWorkload> list(String namespace) throws FaultException {
        return FromWire.workloads(ask("List", inNamespace(namespace), WorkloadList.parser(), UNBOUNDED));
    }

    @Override
    public void watch(String namespace, Consumer<List<ListedWorkload>> snapshots) throws FaultException {
        follow(
                "WatchWorkloads",
                inNamespace(namespace),
                WorkloadList.parser(),
                s -> snapshots.accept(FromWire.workloads(s)));
    }

    @Override
    public ClientEngagement engage(EngageRequest request, Consumer<String> steps) throws FaultException {
        AtomicReference<ClientEngagement> result = new AtomicReference<>();
        follow("Engage", request, EngageEvent.parser(), event -> {
            switch (event.getEventCase()) {
                case PROGRESS -> steps.accept(event.getProgress());
                case ENGAGEMENT ->
                    EngagementFromWire.engagement(event.getEngagement()).ifPresent(result::set);
                case EVENT_NOT_SET -> steps.accept("");
            }
        });
        return present(result, "the engagement");
    }

    @Override
    public String leave(LeaveRequest request) throws FaultException {
        return ask("Leave", request, LeaveReply.parser(), UNBOUNDED).getId();
    }

    @Override
    public void awaitEnd(LeaveRequest request) throws FaultException {
        ask("AwaitEnd", request, Empty.parser(), UNBOUNDED);
    }

    @Override
    public void uninstall(List<String> workloads, Consumer<String> steps) throws FaultException {
        UninstallRequest request = UninstallRequest.newBuilder()
                .addAllWorkloads(workloads)
                .setAll(workloads.isEmpty())
                .build();
        follow("Uninstall", request, UninstallProgress.parser(), p -> steps.accept(p.getText()));
    }

    @Override
    public void revoke(KubeFlags flags, String managerNamespace, String id) throws FaultException {
        RevokeRequest.Builder request =
                RevokeRequest.newBuilder().setManagerNamespace(managerNamespace).setEngagementId(id);
        atTerminal(flags, kube -> ask("Revoke", request.setKube(kube).build(), Empty.parser(), UNBOUNDED));
    }

    @Override
    public Explanation explain(ExplainRequest request) throws FaultException {
        return ExplanationFromWire.explanation(
                ask("Explain", request, io.telepresence.rpc.manager.Explanation.parser(), UNBOUNDED));
    }

    @Override
    public String generateYaml(YamlRequest request) throws FaultException {
        return ask("GenerateYaml", request, YamlReply.parser(), UNBOUNDED).getYaml();
    }

    @Override
    public String helm(KubeFlags flags, HelmRequest request, Consumer<String> steps) throws FaultException {
        AtomicReference<String> result = new AtomicReference<>();
        return atTerminal(flags, kube -> {
            HelmRequest message = request.toBuilder().setKube(kube).build();
            follow("Helm", message, HelmEvent.parser(), event -> {
                switch (event.getEventCase()) {
                    case PROGRESS -> steps.accept(event.getProgress());
                    case OUTPUT -> result.set(event.getOutput());
                    case EVENT_NOT_SET -> steps.accept("");
                }
            });
            return present(result, "helm");
        });
    }

    @Override
    public List<String> namespaces(KubeFlags flags) throws FaultException {
        return List.copyOf(atTerminal(flags, kube -> ask("ListNamespaces", kube, Names.parser(), UNBOUNDED))
                .getNamesList());
    }

    @Override
    public List<KubeContext> contexts(KubeFlags flags) throws FaultException {
        return FromWire.contexts(ask("ListContexts", KubeFlagsToWire.kube(flags), Contexts.parser(), QUICK));
    }

    @Override
    public void logLevel(LogLevelRequest request) throws FaultException {
        ask("SetLogLevel", request, Empty.parser(), UNBOUNDED);
    }

    @Override
    public List<String> gatherLogs(GatherLogsRequest request) throws FaultException {
        return List.copyOf(
                ask("GatherLogs", request, GatherLogsReply.parser(), UNBOUNDED).getErrorsList());
    }

    @Override
    public Configuration configuration(boolean clientOnly, String configFile) throws FaultException {
        ConfigRequest request = ConfigRequest.newBuilder()
                .setClientOnly(clientOnly)
                .setConfigFile(configFile)
                .build();
        ConfigReply reply = ask("GetConfig", request, ConfigReply.parser(), UNBOUNDED);
        return new Configuration(reply.getYaml(), reply.getJson());
    }

    private static ListRequest inNamespace(String namespace) {
        return ListRequest.newBuilder().setNamespace(namespace).build();
    }

    private <T> T ask(String method, MessageLite request, Parser<T> parser, Duration deadline) throws FaultException {
        return rpc.ask(SERVICE + method, request, parser, deadline);
    }

    private <T> void follow(String method, MessageLite request, Parser<T> parser, Consumer<T> answers)
            throws FaultException {
        rpc.call(SERVICE + method, request, UNBOUNDED, bytes -> answers.accept(parse(parser, bytes)));
    }

    private static <T> T parse(Parser<T> parser, byte[] bytes) throws IOException {
        try {
            return parser.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IOException("the user daemon's answer cannot be read", e);
        }
    }

    private static <T> T present(AtomicReference<T> result, String what) throws FaultException {
        T value = result.get();
        if (value == null) {
            throw Fault.internal("the user daemon ended " + what + " without an answer")
                    .exception();
        }
        return value;
    }
}

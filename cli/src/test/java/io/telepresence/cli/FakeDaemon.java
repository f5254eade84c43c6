package io.telepresence.cli;

import io.telepresence.agree.Routing;
import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.daemon.Configuration;
import io.telepresence.cli.daemon.Connected;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.cli.daemon.Explanation;
import io.telepresence.cli.daemon.KubeContext;
import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.cli.daemon.ListedWorkload;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.GatherLogsRequest;
import io.telepresence.rpc.connector.HelmRequest;
import io.telepresence.rpc.connector.LeaveRequest;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.YamlRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A user daemon that remembers its session and intercepts, and what it was last asked for. */
final class FakeDaemon implements Daemon {
    /** The last request of any kind. */
    Object asked;

    /** The Kubernetes flags beside it, where it has some. */
    KubeFlags flags;

    boolean connected;
    boolean endedBySomebody;
    Routing routing = Samples.ROUTING;
    Fault connectFault;
    Fault engageFault;
    boolean rootStays;
    Explanation explanation = Samples.explanation();
    final List<ClientEngagement> engagements = new ArrayList<>();
    List<ListedWorkload> workloads = List.of();
    ClientEngagement next = Samples.intercept(Samples.port("TCP", 8080, 8080, "http", 80));
    DaemonStatus status = Samples.notConnected();

    @Override
    public DaemonStatus status() {
        return connected ? Samples.connected(engagements, routing) : status;
    }

    @Override
    public Connected connect(KubeFlags flags, ConnectRequest request, Consumer<String> steps) throws FaultException {
        asked = request;
        this.flags = flags;
        if (connectFault != null) {
            throw connectFault.exception();
        }
        steps.accept("Connecting to traffic manager");
        boolean already = connected;
        connected = true;
        return new Connected(already, "dev", "default", "https://192.0.2.1:6443", List.of("DNS does not answer"));
    }

    @Override
    public void awaitManager(Consumer<String> steps) throws FaultException {
        asked = "await";
        if (connectFault != null) {
            throw connectFault.exception();
        }
        steps.accept("Reconnecting to the traffic-manager");
        connected = true;
    }

    @Override
    public boolean disconnect() {
        boolean was = connected;
        connected = false;
        return was;
    }

    @Override
    public boolean quit() {
        connected = false;
        asked = "quit";
        return rootStays;
    }

    @Override
    public List<ListedWorkload> list(String namespace) {
        asked = namespace;
        return workloads;
    }

    @Override
    public void watch(String namespace, Consumer<List<ListedWorkload>> snapshots) {
        snapshots.accept(List.of());
        snapshots.accept(workloads);
    }

    @Override
    public ClientEngagement engage(EngageRequest request, Consumer<String> steps) throws FaultException {
        asked = request;
        if (engageFault != null) {
            throw engageFault.exception();
        }
        engagements.add(next);
        return next;
    }

    @Override
    public String leave(LeaveRequest request) throws FaultException {
        asked = request;
        ClientEngagement found = engagements.stream()
                .filter(e -> e.name().equals(request.getName()))
                .findFirst()
                .orElseThrow(() -> Fault.user("Intercept named \"" + request.getName() + "\" not found", "")
                        .exception());
        engagements.remove(found);
        return found.id();
    }

    @Override
    public void awaitEnd(LeaveRequest request) throws FaultException {
        if (!endedBySomebody) {
            throw Fault.user("nobody ends it here", "").exception();
        }
        engagements.clear();
    }

    @Override
    public void uninstall(List<String> workloads, Consumer<String> steps) {
        asked = workloads;
        steps.accept("Removing traffic-agents");
    }

    @Override
    public void revoke(KubeFlags flags, String managerNamespace, String id) {
        asked = managerNamespace + " " + id + " " + flags.flags();
    }

    @Override
    public Explanation explain(ExplainRequest request) {
        asked = request;
        return explanation;
    }

    @Override
    public String generateYaml(YamlRequest request) {
        asked = request;
        return "name: traffic-agent\n";
    }

    @Override
    public String helm(KubeFlags flags, HelmRequest request, Consumer<String> steps) {
        asked = request;
        this.flags = flags;
        return "Traffic Manager installed successfully";
    }

    @Override
    public List<String> namespaces(KubeFlags flags) {
        asked = flags;
        return List.of("default", "kube-system");
    }

    @Override
    public List<KubeContext> contexts(KubeFlags flags) {
        return List.of(
                new KubeContext("dev", "c1", "ann", "default", true),
                new KubeContext("prod", "c2", "ann", "shop", false));
    }

    @Override
    public void logLevel(LogLevelRequest request) {
        asked = request;
    }

    @Override
    public List<String> gatherLogs(GatherLogsRequest request) {
        asked = request;
        return List.of("pod a-1: no log");
    }

    @Override
    public Configuration configuration(boolean clientOnly, String configFile) {
        asked = clientOnly + " " + configFile;
        return new Configuration("timeouts:\n  helm: 30s\n", "{\"timeouts\":{\"helm\":\"30s\"}}");
    }
}

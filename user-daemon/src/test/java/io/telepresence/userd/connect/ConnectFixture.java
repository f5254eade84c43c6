package io.telepresence.userd.connect;

import io.telepresence.agree.LocalEndpoint;
import io.telepresence.agree.Routing;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.testing.Awaits;
import io.telepresence.userd.apiserver.FakeApi;
import io.telepresence.userd.config.ConfigFile;
import io.telepresence.userd.engage.FakeManager;
import io.telepresence.userd.kubeconfig.KubeconfigRequest;
import io.telepresence.userd.rootd.FakeRootDaemon;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A cluster with a manager that asks who its users are, a root daemon, and a connector between them. */
final class ConnectFixture implements AutoCloseable {
    static final String PODS = "/api/v1/namespaces/ns/pods";
    static final String FORWARD = PODS + "/m/portforward";
    static final String TICKETS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    static final FakeApi.Answer TICKET = new FakeApi.Answer(201, "{\"metadata\":{\"name\":\"telepresence-x7\"}}");

    /** The manager's, of a kubelet that says nothing any more. */
    private static final String SILENT_POD = "{\"items\":[{\"metadata\":{\"name\":\"m\",\"namespace\":\"ns\","
            + "\"ownerReferences\":[{\"kind\":\"StatefulSet\"}]},\"spec\":"
            + "{\"nodeName\":\"node2\"},\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"ContainersReady\","
            + "\"status\":\"True\"},{\"type\":\"Ready\",\"status\":\"False\"}]}}]}";

    final FakeApi api = new FakeApi();
    FakeManager manager;
    final FakeGate gate;
    final FakeRootDaemon root;
    final Connector connector;
    final List<String> progress = new CopyOnWriteArrayList<>();

    /** Of the laptop. */
    volatile String config = "";

    private final Path directory;

    ConnectFixture(Path directory) throws Exception {
        this.directory = directory;
        manager = new FakeManager(directory.resolve("far"), (flow, open) -> {});
        root = new FakeRootDaemon(directory.resolve("root"));
        gate = new FakeGate(directory.resolve("gate"), directory.resolve("far"), "ns");
        api.manager = directory.resolve("gate");
        heal();
        ClientKey key = ClientKey.read(directory.resolve("key"), "laptop");
        connector = new Connector(new DaemonPaths(
                Map.of("USER", "jane"),
                ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue(),
                directory,
                directory.resolve("root"),
                directory,
                directory,
                Path.of("telepresence"),
                directory.resolve("mounts"),
                "install",
                (kube, file) -> new ClientSources.Found(
                        api.target(Map.of()), List.of(new ConfigFile.Source("config.yml", config)), key),
                false));
    }

    /** Another manager in place of the one that is away; it knows no session. */
    void managerReturns() throws Exception {
        manager = new FakeManager(directory.resolve("far"), (flow, open) -> {});
        api.manager = directory.resolve("gate");
        pod(FakeApi.provingPod("m"));
    }

    /** The node of the manager, which is away, answers no more. */
    void nodeIsLost() {
        api.answers.put(PODS, new FakeApi.Answer(200, SILENT_POD));
        api.answers.put(
                "/api/v1/nodes/node2",
                new FakeApi.Answer(200, "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"Unknown\"}]}}"));
    }

    /** The successor of the manager's pod is not ready yet. */
    void podStarts() {
        pod(FakeApi.pod("m", false));
    }

    /** The manager is one that asks nobody. */
    void asksNobody() {
        api.manager = directory.resolve("far");
        pod(FakeApi.pod("m", true));
    }

    private void pod(String pod) {
        api.answers.put(PODS, new FakeApi.Answer(200, "{\"items\":[" + pod + "]}"));
    }

    /** Everything answers again. */
    void heal() {
        api.answers.put("/version", new FakeApi.Answer(200, "{\"gitVersion\":\"v1.30.0\"}"));
        pod(FakeApi.provingPod("m"));
        api.answers.put(TICKETS, TICKET);
        api.answers.put(FORWARD, new FakeApi.Answer(101, ""));
        manager.silent.clear();
        manager.called.clear();
        root.states = config -> java.util.Optional.of(FakeRootDaemon.ACTIVE);
    }

    Connector.Outcome connect() throws FaultException {
        return connect("default");
    }

    Connector.Outcome connect(String namespace) throws FaultException {
        return connector.connect(request(namespace, false), progress::add);
    }

    Connector.Outcome connectMapping(String... namespaces) throws FaultException {
        return connector.connect(request("default", List.of(namespaces), false), progress::add);
    }

    static ConnectParameters request(String namespace, boolean reuseOnly) {
        return request(namespace, List.of(), reuseOnly);
    }

    private static ConnectParameters request(String namespace, List<String> mapped, boolean reuseOnly) {
        return new ConnectParameters(
                new KubeconfigRequest(Map.of(), "", Path.of("/"), Path.of("/"), "", false),
                "",
                "",
                namespace,
                "ns",
                mapped,
                Routing.NONE,
                reuseOnly,
                "");
    }

    /** A connect beside the test. */
    Connecting connecting() {
        CompletableFuture<Connector.Outcome> outcome = new CompletableFuture<>();
        CompletableFuture<Fault> fault = new CompletableFuture<>();
        Thread thread = Thread.startVirtualThread(() -> {
            try {
                outcome.complete(connect());
                fault.completeExceptionally(new AssertionError("it is connected"));
            } catch (FaultException e) {
                fault.complete(e.fault());
                outcome.completeExceptionally(e);
            } catch (RuntimeException | Error e) {
                fault.completeExceptionally(e);
                outcome.completeExceptionally(e);
            }
        });
        return new Connecting(thread, outcome, fault);
    }

    record Connecting(Thread thread, CompletableFuture<Connector.Outcome> outcome, CompletableFuture<Fault> failed) {
        Fault fault() throws Exception {
            return failed.get(30, TimeUnit.SECONDS);
        }
    }

    /** Nothing of a connection is open any more: here, at the manager, at the root daemon. */
    void assertNothingIsLeft() {
        Awaits.that("no session with the root daemon", () -> root.open.get() == 0);
        Awaits.that("no socket", () -> !Files.exists(LocalEndpoint.carrier(directory)));
        for (String loop : List.of("relay", "manager-", "kube-api", "to-root")) {
            Awaits.that("no loop " + loop, () -> Awaits.threads(loop) == 0);
        }
    }

    @Override
    public void close() throws Exception {
        connector.disconnect();
        assertNothingIsLeft();
        root.close();
        gate.close();
        manager.close();
        api.close();
    }
}

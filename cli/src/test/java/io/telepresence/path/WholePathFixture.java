package io.telepresence.path;

import io.telepresence.agent.LoopbackAgentFixture;
import io.telepresence.agree.LocalEndpoint;
import io.telepresence.agree.Routing;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.MemoryManager;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.rootd.MemoryRootDaemon;
import io.telepresence.rootd.host.FakeHost;
import io.telepresence.rootd.tun.MemoryKernel;
import io.telepresence.run.Closers;
import io.telepresence.userd.connect.ClientSources;
import io.telepresence.userd.connect.ClusterSession;
import io.telepresence.userd.connect.ConnectParameters;
import io.telepresence.userd.connect.Connector;
import io.telepresence.userd.connect.DaemonPaths;
import io.telepresence.userd.kubeconfig.KubeconfigRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A laptop and a cluster. The cluster has the workload echo with one pod, whose loopback address differs from one run to
 * the next; the network between manager and pod is {@link #network}.
 */
final class WholePathFixture implements AutoCloseable {
    static final String POD = "10.244.0.5";
    static final String SERVICE = "10.96.1.1";
    static final int APP_PORT = 8080;
    private static final int SERVICE_PORT = 80;
    private static final int AGENT_PORT = 9900;
    /** A connection that was cut is nothing to tell of here. */
    private static final Logger GRPC = Logger.getLogger("io.grpc");

    private static final long PID = ProcessHandle.current().pid();

    final FakeApiServer api;
    final MemoryRootDaemon root;
    final Connector connector;
    private final Closers opened = new Closers();
    private final InetAddress pod;
    private final Path directory;
    private final MemoryManager manager;
    private final AtomicReference<LoopbackAgentFixture> agent = new AtomicReference<>();

    WholePathFixture(Path directory) throws Exception {
        this.directory = directory;
        GRPC.setLevel(Level.OFF);
        // Of the loopback, and probably not another test's.
        pod = InetAddress.getByName("127." + (32 + PID % 64) + "." + PID / 64 % 256 + ".5");
        opened.add(Program.http("app", pod, APP_PORT));
        api = opened.add(new FakeApiServer());
        Path resolvConf = Files.writeString(
                directory.resolve("resolv.conf"),
                "nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local cluster.local\n");
        FakeCluster cluster = new FakeCluster();
        cluster.addEcho();
        manager = opened.add(MemoryManager.open(
                new MemoryManager.Around(cluster, api.url(), resolvConf, this::network, this::injected)));
        opened.add(() -> {
            if (agent.get() != null) {
                agent.get().close();
            }
        });
        api.manager(manager.clients());
        FakeHost host = new FakeHost("addr 192.168.1.9/24 dev eth0\nroute 192.168.1.0/24 dev eth0")
                .file("/etc/resolv.conf", "nameserver 127.88.0.53\n");
        long uid = ((Number) Files.getAttribute(directory, "unix:uid")).longValue();
        Path socket = directory.resolve("rootd.socket");
        root = opened.add(
                MemoryRootDaemon.open(socket, uid, host, "127." + (96 + PID % 128) + "." + PID / 128 % 256 + ".0/24"));
        connector = new Connector(place(uid, socket));
        opened.add(connector::disconnect);
    }

    /** {@code telepresence connect} */
    ClusterSession connect() throws Exception {
        Path kubeconfig = Files.writeString(
                directory.resolve("kubeconfig"),
                """
                current-context: test
                contexts: [{name: test, context: {cluster: test, user: test, namespace: default}}]
                clusters: [{name: test, cluster: {server: '%s'}}]
                users: [{name: test, user: {token: t}}]
                """
                        .formatted(api.url()));
        KubeconfigRequest kube =
                new KubeconfigRequest(Map.of(), kubeconfig.toString(), directory, directory, "", false);
        return connector
                .connect(new ConnectParameters(kube, "", "", "", "", List.of(), Routing.NONE, false, ""), text -> {})
                .session();
    }

    /** Programs of the laptop, whose packets to the cluster go into the device. */
    MemoryKernel programs() {
        return new MemoryKernel(root.tun());
    }

    /** Where the pod's ports are for those who are in the cluster. */
    InetAddress pod() {
        return pod;
    }

    /** A connection of another workload to the service. */
    Caller callTheService() throws Exception {
        return Caller.to(network(new InetSocketAddress(InetAddress.getByName(SERVICE), SERVICE_PORT)));
    }

    /** Port-forwards to the manager end, and new ones come to nothing, until {@link #mend}. */
    void breakManagerLink() {
        api.manager(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
        api.cut();
    }

    void mend() {
        api.manager(manager.clients());
    }

    boolean hasAgent() {
        return agent.get() != null;
    }

    @Override
    public void close() throws Exception {
        opened.close();
    }

    /** Pods are where they say; the service leads to the agent as soon as there is one. */
    private InetSocketAddress network(InetSocketAddress to) {
        return switch (to.getAddress().getHostAddress()) {
            case POD -> new InetSocketAddress(pod, to.getPort());
            case SERVICE -> new InetSocketAddress(pod, hasAgent() ? AGENT_PORT : APP_PORT);
            default -> throw new IllegalArgumentException("nobody has the address " + to);
        };
    }

    private void injected(String configuration) {
        try {
            if (!hasAgent()) {
                LoopbackAgentFixture.Pod identity = new LoopbackAgentFixture.Pod(
                        "echo-abc-1", "uid-echo-abc-1", "default", pod, Map.of("_TEL_APP_A_COLOR", "blue"));
                agent.set(LoopbackAgentFixture.open(
                        configuration, identity, manager.agents(), "default/echo-abc-1/uid-echo-abc-1"));
            }
        } catch (FaultException e) {
            throw new IllegalStateException(e);
        }
    }

    private DaemonPaths place(long uid, Path socket) throws Exception {
        Path user = Files.createDirectory(directory.resolve("user"));
        assert LocalEndpoint.carrier(user).toString().length() < 100;
        return new DaemonPaths(
                Map.of("USER", "ann", "PATH", "/nowhere"),
                uid,
                user,
                socket,
                directory.resolve("logs"),
                directory.resolve("root-logs"),
                Path.of("/nowhere/telepresence"),
                directory.resolve("mounts"),
                "install-1",
                ClientSources.ofThisMachine(),
                false);
    }
}

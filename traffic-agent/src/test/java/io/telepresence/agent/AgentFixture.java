package io.telepresence.agent;

import com.google.protobuf.ByteString;
import io.telepresence.agent.listener.KeptSockets;
import io.telepresence.agent.manager.ManagerClient;
import io.telepresence.agent.route.PortRoutes;
import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import io.telepresence.rpc.engagement.EngagedPort;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.tunnel.Protocol;
import io.telepresence.run.Closers;
import io.telepresence.run.Threads;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** An agent on loopback sockets with a stand-in manager and laptop. Checks at the end that nothing is left open. */
final class AgentFixture implements AutoCloseable {
    /** For clients that never answer. */
    static final Duration PATIENCE = Duration.ofMillis(1500);

    /** For very many that answer on a busy machine. */
    private static final Duration MUCH_PATIENCE = Duration.ofSeconds(40);

    static final Duration UDP_IDLE = Duration.ofMillis(1500);

    static final Map<String, ByteString> ENVIRONMENT = Map.of(
            "PATH", ByteString.copyFromUtf8("/agent"),
            "_TEL_APP_A_COLOR", ByteString.copyFromUtf8("blue"),
            "_TEL_APP_A_EMPTY", ByteString.EMPTY,
            "_TEL_APP_A_TOKEN", ByteString.copyFromUtf8("secret"),
            "_TEL_APP_B_COLOR", ByteString.copyFromUtf8("red"));

    final FakeLaptop laptop = new FakeLaptop();
    final List<String> levels = new CopyOnWriteArrayList<>();
    final List<Duration> granted = new CopyOnWriteArrayList<>();
    final Agent agent;
    FakeManager manager;
    private final Port app;
    private final Closers closers = new Closers();

    /** @param podIp where the agent believes the app */
    AgentFixture(Port app, String podIp) throws Exception {
        this(app, podIp, FakeManager.TOKEN);
    }

    AgentFixture(Port app, String podIp, String token) throws Exception {
        this(app, podIp, token, Path.of("/nowhere"));
    }

    /** @param mounts where the agent believes the app's volumes */
    AgentFixture(Port app, String podIp, String token, Path mounts) throws Exception {
        this(app, podIp, token, mounts, 0, PATIENCE);
    }

    private AgentFixture(Port app, String podIp, String token, Path mounts, int agentPort, Duration patience)
            throws Exception {
        this.app = app;
        manager = new FakeManager(0, laptop);
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        PodIdentity pod = new PodIdentity("api-1", "uid-1", InetAddress.getByName(podIp), "shop");
        SidecarPlan written = SidecarPlan.parse(
                """
                {"workload":"api","workloadKind":"Deployment","namespace":"shop","managerHost":"127.0.0.1",
                 "managerPort":%d,"environmentExcluded":["TOKEN"],"containers":[{"name":"app","ports":
                   [{"protocol":"%s","containerPort":%d,"agentPort":%d}],"envPrefix":"_TEL_APP_A_","mounts":
                   [{"volume":"data","path":"/data"},{"volume":"tmp","path":"/tmp","local":true}]}]}"""
                        .formatted(manager.port, app.transport(), app.number(), 9900));
        SidecarPlan plan =
                new SidecarPlan(written.config(), List.of(new SidecarPlan.PlannedPort(app, agentPort, false)));
        agent = closers.add(Agent.open(
                plan,
                pod,
                new Agent.Settings(
                        loopback,
                        0,
                        UDP_IDLE,
                        plan.app(pod, ENVIRONMENT, mounts),
                        KeptSockets.none(),
                        new ManagerClient.Settings(
                                new InetSocketAddress(loopback, manager.port),
                                plan.arrival(pod),
                                () -> token,
                                request -> levels.add(request.getLevel()),
                                granted::add,
                                patience))));
    }

    static AgentFixture tcp(Place app) throws Exception {
        return tcp(app.port());
    }

    /** The agent stands in for a container that is not there. */
    static AgentFixture absent(int port) throws Exception {
        Port app = new Port(Transport.TCP, port);
        AgentFixture rig = new AgentFixture(app, "127.0.0.1", FakeManager.TOKEN, Path.of("/nowhere"), port, PATIENCE);
        rig.awaitArrival();
        return rig;
    }

    /** Waits long for clients. */
    static AgentFixture patient(Place app) throws Exception {
        Port port = new Port(Transport.TCP, app.port());
        AgentFixture rig =
                new AgentFixture(port, "127.0.0.1", FakeManager.TOKEN, Path.of("/nowhere"), 0, MUCH_PATIENCE);
        rig.awaitArrival();
        return rig;
    }

    static AgentFixture tcp(int appPort) throws Exception {
        AgentFixture rig = new AgentFixture(new Port(Transport.TCP, appPort), "127.0.0.1");
        rig.awaitArrival();
        return rig;
    }

    void awaitArrival() {
        Until.holds("the agent arrives", () -> !agent.link().session().isEmpty());
    }

    InetSocketAddress port() {
        return agent.listeners().values().iterator().next().address();
    }

    Caller call() throws Exception {
        return new Caller(port());
    }

    /** Engages the port for a program on the "laptop", and waits until the agent knows. */
    void engage(int localPort) {
        manager.engage(engagement(localPort, "ACTIVE"));
        awaitEngaged(true);
    }

    /** The same for requests with a header only. */
    void engageHeader(int localPort, String name, String value) {
        Engagement all = engagement(localPort, "ACTIVE");
        HttpHeader header =
                HttpHeader.newBuilder().setName(name).setValue(value).build();
        manager.engage(all.toBuilder()
                .setSpec(all.getSpec().toBuilder().addHttpHeaders(header))
                .build());
        Until.holds("engaged", () -> agent.link().rules().get().ports().values().stream()
                .anyMatch(PortRoutes::needsHttp));
    }

    void disengage() {
        manager.engage();
        awaitEngaged(false);
    }

    void awaitEngaged(boolean engaged) {
        Until.holds(
                "engaged: " + engaged, () -> agent.link().rules().get().ports().isEmpty() != engaged);
    }

    Engagement engagement(int localPort, String disposition) {
        return Engagement.newBuilder()
                .setId("client:one")
                .setSpec(EngagementSpec.newBuilder()
                        .setKind(EngagementKind.INTERCEPT)
                        .setTargetHost("127.0.0.1"))
                .setDisposition(disposition)
                .addPorts(EngagedPort.newBuilder()
                        .setProtocol(Protocol.valueOf(app.transport().name()))
                        .setContainerPort(app.number())
                        .setLocalPort(localPort))
                .build();
    }

    void stopManager() throws InterruptedException {
        manager.close();
    }

    void startManager() throws Exception {
        manager = new FakeManager(manager.port, laptop);
    }

    /** One that serves what an agent has for control, and not yet what it has for flows. */
    void startManagerForControl() throws Exception {
        manager = new FakeManager(manager.port, laptop, true);
    }

    @Override
    public void close() throws Exception {
        try {
            Until.holds("no open connection, source or flow", () -> agent.open() == 0);
            Until.holds("no open flow at the laptop", () -> laptop.flows.get() == 0);
        } finally {
            closers.close();
            manager.close();
        }
        Until.holds("no thread", () -> Threads.alive().isEmpty());
    }
}

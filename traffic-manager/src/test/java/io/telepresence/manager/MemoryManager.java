package io.telepresence.manager;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.telepresence.local.Loops;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.grpc.AgentGateService;
import io.telepresence.manager.log.LogRing;
import io.telepresence.manager.log.ManagerLogs;
import io.telepresence.manager.network.PodResolvConf;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.manager.sidecar.SidecarConfigs;
import io.telepresence.manager.tunnel.Deliveries;
import io.telepresence.manager.tunnel.DialRules;
import io.telepresence.manager.tunnel.PodAccessRules;
import io.telepresence.manager.tunnel.Switchboard;
import io.telepresence.manager.tunnel.TestSwitchboards;
import io.telepresence.run.Closers;
import io.telepresence.run.Watched;
import io.telepresence.tunnel.grpc.TunnelServers;
import io.telepresence.tunnel.grpc.TunnelService;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.slf4j.LoggerFactory;

/**
 * The manager's sessions, engagements, switchboard and gRPC edges on ports of the loopback, for a cluster in memory. Its
 * injector does not make pods: it only tells the test which agent is wanted.
 */
public final class MemoryManager implements AutoCloseable {
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);

    private final Closers opened = new Closers();
    private InetSocketAddress clients;
    private InetSocketAddress agents;

    private MemoryManager() {}

    /**
     * What is around it.
     *
     * @param apiServer URL; asked to review tokens, and for what may be missing
     * @param network where a destination really is
     * @param agents is given the configuration of an agent whenever the pods of a workload should have one, as JSON
     * @param audit takes its lines
     */
    public record Around(
            FakeCluster cluster,
            String apiServer,
            Path resolvConf,
            UnaryOperator<InetSocketAddress> network,
            Consumer<String> agents,
            OutputStream audit) {
        /** Nobody looks at the audit's lines. */
        public Around(
                FakeCluster cluster,
                String apiServer,
                Path resolvConf,
                UnaryOperator<InetSocketAddress> network,
                Consumer<String> agents) {
            this(cluster, apiServer, resolvConf, network, agents, OutputStream.nullOutputStream());
        }
    }

    /** It does not ask its clients who they are. */
    public static MemoryManager open(Around around) throws Exception {
        return open(around, "portforward");
    }

    /** @param requiredGrant as in the Helm value */
    public static MemoryManager open(Around around, String requiredGrant) throws Exception {
        MemoryManager manager = new MemoryManager();
        try {
            manager.start(around, requiredGrant);
            return manager;
        } catch (Exception e) {
            manager.opened.closeAfter(e);
            throw e;
        }
    }

    /** Where clients' port-forwards lead. */
    public InetSocketAddress clients() {
        return clients;
    }

    public InetSocketAddress agents() {
        return agents;
    }

    @Override
    public void close() throws Exception {
        opened.close();
    }

    private void start(Around around, String requiredGrant) throws Exception {
        Map<String, String> environment = Map.of(
                "POD_NAMESPACE", "ambassador",
                "POD_NAME", "traffic-manager-1");
        ManagerSettings config = ManagerSettings.of(
                """
                {"agent": {"image": {"reference": "agent:1"}}, "security": {"authorization": {"requiredGrant": "%s"}}}
                """
                        .formatted(requiredGrant),
                environment);
        KubernetesClient client = opened.add(client(around.apiServer()));
        Manager joined =
                new Manager(opened, config, client, around.cluster().stores, logRing(), new FakeOutside(around));
        EventLoopGroup loops = Loops.create("flows", 2);
        opened.add(() -> Loops.shutdown(loops));
        this.agents = serve(TunnelServers.builder(ANY_PORT, loops)
                .addService(ServerInterceptors.intercept(joined.agentCalls(), new AgentGateService.TokenReader()))
                .addService(TunnelService.bind(loops, joined.switchboard().agents())));
        this.clients = serve(joined.clientPort(ANY_PORT, loops));
    }

    private record FakeOutside(Around around) implements Manager.Outside {
        @Override
        public PodResolvConf dns() throws IOException {
            return PodResolvConf.read(around.resolvConf());
        }

        @Override
        public Switchboard switchboard(
                SessionRegistry sessions, Deliveries deliveries, PodAccessRules reaches, DialRules dials) {
            return TestSwitchboards.on(sessions, deliveries, reaches, around.network());
        }

        @Override
        public OutputStream audit() {
            return around.audit();
        }

        @Override
        public AgentInstaller installer(SidecarConfigs sidecars, Workloads workloads) {
            return new Installer(around.agents());
        }
    }

    /** Of all that this process logs, if it logs at all; the levels are as before when this is closed. */
    private LogRing logRing() {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return new LogRing(new PatternLayoutEncoder());
        }
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        Level before = root.getLevel();
        opened.add(() -> root.setLevel(before));
        ManagerLogs.limitLibraries(context);
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%level [%thread] %logger %msg%n%ex");
        encoder.start();
        LogRing ring = new LogRing(encoder);
        ring.setContext(context);
        ring.start();
        root.addAppender(ring);
        opened.add(() -> root.detachAppender(ring));
        return ring;
    }

    private InetSocketAddress serve(NettyServerBuilder builder) throws IOException {
        Server server = builder.build().start();
        opened.add(() -> {
            server.shutdownNow();
            server.awaitTermination(2, TimeUnit.SECONDS);
        });
        return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), server.getPort());
    }

    private static KubernetesClient client(String url) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(url)
                .withRequestRetryBackoffLimit(0)
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private record Installer(Consumer<String> agents) implements AgentInstaller {
        @Override
        public void ensure(WorkloadRef workload, DesiredConfig wish, Consumer<String> progress) {
            wish.now().ifPresent(config -> {
                try {
                    agents.accept(JsonFormat.printer().print(config));
                } catch (InvalidProtocolBufferException e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        @Override
        public boolean settled(WorkloadRef workload, DesiredConfig wish) {
            return true;
        }

        @Override
        public Watched<String> trouble() {
            return new Watched<>("");
        }
    }
}

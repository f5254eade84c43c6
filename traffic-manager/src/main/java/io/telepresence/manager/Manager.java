package io.telepresence.manager;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.telepresence.agree.Ports;
import io.telepresence.agree.Versions;
import io.telepresence.fault.FaultException;
import io.telepresence.limits.ConnectionLimits;
import io.telepresence.local.Loops;
import io.telepresence.manager.auth.AgentReview;
import io.telepresence.manager.auth.SigningKeys;
import io.telepresence.manager.auth.TokenCheck;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.engagement.RevocationWatcher;
import io.telepresence.manager.grpc.AgentAuthenticator;
import io.telepresence.manager.grpc.AgentConnection;
import io.telepresence.manager.grpc.AgentGateService;
import io.telepresence.manager.grpc.AgentService;
import io.telepresence.manager.grpc.ClientSessionService;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.lease.ManagerLease;
import io.telepresence.manager.lifecycle.ContainerRestorer;
import io.telepresence.manager.lifecycle.EngagementReconciler;
import io.telepresence.manager.lifecycle.IdleAgentReaper;
import io.telepresence.manager.lifecycle.Injection;
import io.telepresence.manager.log.LogRing;
import io.telepresence.manager.log.ManagerLogLevels;
import io.telepresence.manager.network.ClusterNetwork;
import io.telepresence.manager.network.PodResolvConf;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.tunnel.Switchboard;
import io.telepresence.manager.watch.ApiServerVersion;
import io.telepresence.manager.watch.ClusterWatches;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.run.Closers;
import io.telepresence.run.MonotonicTime;
import io.telepresence.run.Threads;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.grpc.TunnelServers;
import io.telepresence.tunnel.grpc.TunnelService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running manager. It keeps nothing that clients and agents cannot tell it again.
 *
 * <p>Rights that it needs: get, list and watch of namespaces, nodes (optional), services, pods, deployments,
 * replicasets, statefulsets, and jobs and cronjobs if these are enabled; list of events (optional) and servicecidrs (optional); get of pods/log; create of
 * tokenreviews; get and update of its lease (optional); create of services in its own namespace (dry runs only, optional). The injector
 * needs get of namespaces and list of networkpolicies (both optional), and what its other parts say.
 */
final class Manager implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Manager.class);
    /** What the kubelet wrote for this pod. */
    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");

    private static final Duration IDLE_APART = Duration.ofSeconds(5);
    private static final Duration REVOCATIONS_APART = Duration.ofSeconds(2);

    /** Agents beat every few seconds. */
    private static final Duration AGENT_IDLE = Duration.ofMinutes(2);

    private static final Duration SERVICE_CIDRS_APART = Duration.ofMinutes(1);

    /** Who replaced a container before a restart comes back within that time, or the container does. */
    private static final Duration CLAIMED_WITHIN = SessionRegistry.CLIENT_SILENCE;

    private final Closers opened;

    private Manager(Closers opened) {
        this.opened = opened;
    }

    /**
     * Blocks until no other manager serves, all watches have their first list and both ports are served; health is
     * served from the start.
     *
     * @param lost runs if another manager serves from now on: this one must end
     */
    static Manager open(ManagerSettings config, KubernetesClient client, LogRing ring, Runnable lost) throws Exception {
        Closers opened = new Closers();
        try {
            AtomicBoolean ready = new AtomicBoolean();
            opened.add(ManagerHealth.open(Ports.HEALTH, ready::get));
            opened.add(ManagerLease.await(
                    client, config.pod().namespace(), config.pod().name(), lost));
            ClusterWatches watches = opened.add(ClusterWatches.open(
                    client, config.scope().namespaces(), config.scope().kinds().contains(Workloads.JOB)));
            watches.synced().get();
            ManagerWiring wiring = ManagerWiring.of(
                    config, client, watches.stores(), PodResolvConf.read(RESOLV_CONF), Switchboard::new);
            opened.add(wiring.view());
            InjectorSettings injecting =
                    config.injector().on(ApiServerVersion.read(client)).in(client);
            Injection injection = opened.add(
                    Injection.open(client, injecting, config.agent().arrival(), wiring.sidecars(), wiring.workloads()));
            ManagerLogLevels levels =
                    ManagerLogLevels.of(config.logLevel(), config.agent().logLevel(), MonotonicTime.start());
            ContainerRestorer restorer = opened.add(wiring.restorer(config, injection));
            EngagementReconciler reconciler = opened.add(wiring.reconciler(config, injection));
            ManagerWiring.Agents agents = wiring.agents(config, injecting, injection, restorer, reconciler);
            serve(opened, config, wiring, new Edges(config, client, wiring, agents, levels), ring);
            tick(opened, wiring, levels);
            tend(opened, config, wiring, agents, client);
            ready.set(true);
            LOG.info("{} {} serves", ClientSessionService.NAME, Versions.VERSION);
            // What the first lists left behind goes back to the node, and later what the arrival of all who waited did:
            // the heap shrinks in a full collection only.
            Threads.virtual("first-collection", System::gc);
            opened.add(once("second-collection", CLAIMED_WITHIN, System::gc));
            return new Manager(opened);
        } catch (Exception e) {
            opened.closeAfter(e);
            throw e;
        }
    }

    private static void serve(Closers opened, ManagerSettings config, ManagerWiring wiring, Edges edges, LogRing ring)
            throws IOException, FaultException {
        EventLoopGroup loops =
                Loops.create("flows", Math.max(2, Runtime.getRuntime().availableProcessors()));
        opened.add(() -> Loops.shutdown(loops));
        start(opened, edges.agentPort(loops));
        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        NettyServerBuilder clients = TunnelServers.builder(new InetSocketAddress(loopback, Ports.CLIENT_API), loops)
                .addService(edges.clients(ring))
                .addService(TunnelService.bind(loops, wiring.switchboard().clients()));
        InetAddress loopback6 = InetAddress.ofLiteral("::1");
        if (canListen(loopback6)) {
            clients.addListenAddress(new InetSocketAddress(loopback6, Ports.CLIENT_API));
        }
        start(opened, clients);
    }

    private static void start(Closers opened, NettyServerBuilder builder) throws IOException {
        Server server = builder.build().start();
        opened.add(() -> {
            server.shutdownNow();
            server.awaitTermination(2, TimeUnit.SECONDS);
        });
    }

    private static boolean canListen(InetAddress address) {
        try (ServerSocket probe = new ServerSocket(0, 1, address)) {
            return probe.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    private static void tick(Closers opened, ManagerWiring wiring, ManagerLogLevels levels) {
        opened.add(every("sweep", Duration.ofSeconds(1), () -> {
            wiring.sessions().sweep();
            levels.sweep();
        }));
        ClusterNetwork view = wiring.view();
        opened.add(every("service-subnets", SERVICE_CIDRS_APART, view::refreshServiceCidrs));
    }

    /** Looks after agents and engagements from time to time. */
    private static void tend(
            Closers opened,
            ManagerSettings config,
            ManagerWiring wiring,
            ManagerWiring.Agents agents,
            KubernetesClient client) {
        opened.add(once(
                "claims",
                CLAIMED_WITHIN,
                () -> wiring.board().orphaned().expire().forEach(workload -> {
                    wiring.sidecars().found(workload, false);
                    agents.restorer().settle(workload);
                })));
        IdleAgentReaper idle = new IdleAgentReaper(
                wiring.sessions(),
                wiring.engagements(),
                agents.uninstaller(),
                config.agent().maxIdle());
        MonotonicTime time = MonotonicTime.start();
        opened.add(every("idle-agents", IDLE_APART, () -> idle.sweep(time.instant())));
        RevocationWatcher revocations =
                RevocationWatcher.reading(client, config.pod().namespace(), wiring.engagements());
        opened.add(every("revocations", REVOCATIONS_APART, revocations::sweep));
    }

    private interface Task {
        void run() throws InterruptedException;
    }

    private static AutoCloseable once(String name, Duration after, Task task) {
        Thread thread = Threads.virtual(name, () -> {
            try {
                Thread.sleep(after);
                run(name, task);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return thread::interrupt;
    }

    private static AutoCloseable every(String name, Duration apart, Task task) {
        Thread thread = Threads.virtual(name, () -> {
            try {
                while (true) {
                    Thread.sleep(apart);
                    run(name, task);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return thread::interrupt;
    }

    private static void run(String name, Task task) throws InterruptedException {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.warn("{} failed", name, e);
        }
    }

    /** Puts the gRPC edges together. */
    private record Edges(
            ManagerSettings config,
            KubernetesClient client,
            ManagerWiring wiring,
            ManagerWiring.Agents agents,
            ManagerLogLevels levels) {

        NettyServerBuilder agentPort(EventLoopGroup loops) {
            ConnectionLimits limits = new ConnectionLimits(AgentConnection.STRANGERS);
            AgentReview review = AgentReview.with(client, InstantSource.system());
            SigningKeys keys = SigningKeys.of(client, InstantSource.system());
            Threads.virtual("signing-keys", keys::refresh);
            AgentAuthenticator authenticator =
                    new AgentAuthenticator(limits, new TokenCheck(keys, InstantSource.system()), review);
            return TunnelServers.builder(new InetSocketAddress(config.apiPort()), loops)
                    .channelFactory(limits.sockets())
                    .maxConnectionIdle(AGENT_IDLE.toSeconds(), TimeUnit.SECONDS)
                    .addService(ServerInterceptors.interceptForward(
                            gate(review), new AgentGateService.TokenReader(), authenticator))
                    .addService(ServerInterceptors.intercept(TunnelService.bind(loops, this::accept), authenticator));
        }

        private AgentGateService gate(AgentReview review) {
            AgentService calls = wiring.agentCalls(review, agents.restorer());
            return new AgentGateService(wiring.sessions(), calls, levels);
        }

        private void accept(Flow flow, Open open) {
            if (wiring.sessions().agent(open.getSessionId()).isPresent()) {
                AgentConnection.trust();
            }
            wiring.switchboard().agents().accept(flow, open);
        }

        ServerServiceDefinition clients(LogRing ring) {
            return wiring.clientEdge(config, client, agents, levels, ring);
        }
    }

    @Override
    public void close() {
        opened.closeAfter(new IllegalStateException("closing"));
    }
}

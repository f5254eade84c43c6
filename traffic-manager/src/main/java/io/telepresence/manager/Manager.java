package io.telepresence.manager;

import static io.telepresence.manager.ManagerTimers.every;
import static io.telepresence.manager.ManagerTimers.once;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.telepresence.agree.AgentNames;
import io.telepresence.agree.Ports;
import io.telepresence.agree.Versions;
import io.telepresence.fault.FaultException;
import io.telepresence.local.Loops;
import io.telepresence.manager.audit.Audit;
import io.telepresence.manager.audit.EngagementAudit;
import io.telepresence.manager.auth.AgentReview;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RevocationWatcher;
import io.telepresence.manager.grpc.AgentAdminService;
import io.telepresence.manager.grpc.AgentArrivals;
import io.telepresence.manager.grpc.AgentGateService;
import io.telepresence.manager.grpc.AgentService;
import io.telepresence.manager.grpc.AuditedCalls;
import io.telepresence.manager.grpc.ClientAuthenticator;
import io.telepresence.manager.grpc.ClientSessionService;
import io.telepresence.manager.grpc.ClusterInfoService;
import io.telepresence.manager.grpc.EngagementService;
import io.telepresence.manager.grpc.LogGatheringService;
import io.telepresence.manager.grpc.ManagerService;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.inject.ManualYaml;
import io.telepresence.manager.lease.ManagerLease;
import io.telepresence.manager.lifecycle.ContainerRestorer;
import io.telepresence.manager.lifecycle.CreateEngagement;
import io.telepresence.manager.lifecycle.EngagementExpiry;
import io.telepresence.manager.lifecycle.EngagementReconciler;
import io.telepresence.manager.lifecycle.IdleAgentReaper;
import io.telepresence.manager.lifecycle.OrphanedReplacements;
import io.telepresence.manager.lifecycle.Uninstaller;
import io.telepresence.manager.log.LogGatherer;
import io.telepresence.manager.log.LogRing;
import io.telepresence.manager.log.ManagerLogLevels;
import io.telepresence.manager.network.ClusterDnsClient;
import io.telepresence.manager.network.ClusterNetwork;
import io.telepresence.manager.network.EchoRequests;
import io.telepresence.manager.network.OwnAddresses;
import io.telepresence.manager.network.OwnService;
import io.telepresence.manager.network.PodResolvConf;
import io.telepresence.manager.network.ReachPolicy;
import io.telepresence.manager.network.ServiceReachability;
import io.telepresence.manager.networkpolicy.NetworkPolicyWarnings;
import io.telepresence.manager.policy.EngagementPolicies;
import io.telepresence.manager.readiness.AgentCoverage;
import io.telepresence.manager.readiness.AgentReadiness;
import io.telepresence.manager.report.RouteExplainer;
import io.telepresence.manager.report.TrafficStats;
import io.telepresence.manager.report.WorkloadList;
import io.telepresence.manager.rights.Rights;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.sidecar.SidecarConfigs;
import io.telepresence.manager.tunnel.Deliveries;
import io.telepresence.manager.tunnel.DialRules;
import io.telepresence.manager.tunnel.PodAccessRules;
import io.telepresence.manager.tunnel.Switchboard;
import io.telepresence.manager.watch.ApiServerVersion;
import io.telepresence.manager.watch.ClusterStores;
import io.telepresence.manager.watch.ClusterWatches;
import io.telepresence.run.Closers;
import io.telepresence.run.MonotonicTime;
import io.telepresence.run.Threads;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running manager: all of it is joined here, from top to bottom. What is opened first is closed last. It keeps nothing
 * that clients and agents cannot tell it again.
 *
 * <p>Rights that it needs: get, list and watch of namespaces, nodes (optional), services, pods, deployments,
 * replicasets, statefulsets, and jobs and cronjobs if these are enabled; list and create of events (optional) and servicecidrs (optional); get of pods/log; create of
 * tokenreviews and subjectaccessreviews; get and update of its lease (optional); create of services in its own namespace (dry runs only, optional). The injector
 * needs get of namespaces and list of networkpolicies (both optional); and what {@link ClientPort} and other parts say.
 */
final class Manager implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Manager.class);

    private static final Duration IDLE_APART = Duration.ofSeconds(5);
    private static final Duration EXPIRY_APART = Duration.ofSeconds(1);
    private static final Duration REVOCATIONS_APART = Duration.ofSeconds(2);

    private static final Duration SERVICE_CIDRS_APART = Duration.ofMinutes(1);

    /** Who replaced a container before a restart comes back within that time, or the container does. */
    private static final Duration CLAIMED_WITHIN = SessionRegistry.CLIENT_SILENCE;

    private final Closers opened;
    private final ManagerSettings settings;
    private final KubernetesClient client;
    private final ClusterStores stores;
    private final LogRing ring;
    private final ManagerLogLevels levels;
    private final Workloads workloads;
    private final EngagementPolicies policies;
    private final Audit audit;
    private final ClusterNetwork network;
    private final ClusterDnsClient names;
    private final ReachPolicy reach;
    private final SessionRegistry sessions;
    private final ClientPort clients;
    private final EngagementRegistry engagements;
    private final Switchboard switchboard;
    private final OrphanedReplacements orphaned;
    private final SidecarConfigs sidecars;
    private final TrafficStats stats;
    private final AgentInstaller installer;
    private final ContainerRestorer restorer;
    private final EngagementReconciler reconciler;
    private final Uninstaller uninstaller;
    private final AgentReview review;
    private final Rights rights;

    /** What acts outside of this process; a test that starts a manager has its own. */
    interface Outside {
        PodResolvConf dns() throws IOException;

        Switchboard switchboard(
                SessionRegistry sessions, Deliveries deliveries, PodAccessRules reaches, DialRules dials);

        /** Takes a line for each deed of a user; stays open. */
        OutputStream audit();

        /** Open already; closes with the manager. */
        AgentInstaller installer(SidecarConfigs sidecars, Workloads workloads) throws Exception;
    }

    /**
     * Blocks until no other manager serves, all watches have their first list and both ports are served; health is
     * served from the start.
     *
     * @param lost runs if another manager serves from now on: this one must end
     */
    static Manager open(ManagerSettings settings, KubernetesClient client, LogRing ring, Runnable lost)
            throws Exception {
        Closers opened = new Closers();
        try {
            AtomicBoolean ready = new AtomicBoolean();
            opened.add(ManagerHealth.open(Ports.HEALTH, ready::get));
            opened.add(ManagerLease.await(
                    client,
                    settings.pod().namespace(),
                    settings.pod().name(),
                    settings.pod().uid(),
                    lost));
            ClusterWatches watches = opened.add(ClusterWatches.open(
                    client,
                    settings.scope().namespaces(),
                    settings.scope().kinds().contains(Workloads.JOB)));
            watches.synced().get();
            ManagerSettings here = settings.with(
                    settings.injector().on(ApiServerVersion.read(client)).in(client));
            Manager manager =
                    new Manager(opened, here, client, watches.stores(), ring, new Surroundings(opened, here, client));
            manager.serve();
            manager.sweep();
            manager.tend();
            ready.set(true);
            LOG.info("{} {} serves", ClientSessionService.NAME, Versions.VERSION);
            // What the first lists left behind goes back to the node, and later what the arrival of all who waited did:
            // the heap shrinks in a full collection only.
            Threads.virtual("first-collection", System::gc);
            opened.add(once("second-collection", CLAIMED_WITHIN, System::gc));
            return manager;
        } catch (Exception e) {
            opened.closeAfter(e);
            throw e;
        }
    }

    /** @param opened what is opened is added to it; the caller closes it */
    Manager(
            Closers opened,
            ManagerSettings settings,
            KubernetesClient client,
            ClusterStores stores,
            LogRing ring,
            Outside outside)
            throws Exception {
        this.opened = opened;
        this.settings = settings;
        this.client = client;
        this.stores = stores;
        this.ring = ring;
        levels = ManagerLogLevels.of(settings.logLevel(), settings.agent().logLevel(), MonotonicTime.start());

        // The cluster, as it is watched.
        PodResolvConf dns = outside.dns();
        InjectorSettings.Scope scope = settings.scope();
        workloads = new Workloads(stores, scope.kinds(), scope.namespaces());
        policies = new EngagementPolicies(
                workloads, settings.rules().allowGlobal(), settings.rules().policies());
        network = opened.add(ClusterNetwork.open(client, stores, settings.network(dns)));
        audit = AuditTrail.open(opened, outside.audit(), settings, client, workloads);
        names = new ClusterDnsClient(dns.nameservers().stream()
                .map(ip -> new InetSocketAddress(ip, 53))
                .toList());

        // Who is here, what they engage, and the flows between them.
        sessions = new SessionRegistry(MonotonicTime.start());
        clients = new ClientPort(settings, client, sessions, audit);
        engagements = new EngagementRegistry(sessions, settings.rules().inactiveBlock());
        reach = opened.add(ReachPolicy.follow(
                stores,
                network.facts()::get,
                settings.reachPolicy(OwnAddresses.ofPod(), OwnAddresses.ofApiServer(System.getenv()))));
        switchboard = outside.switchboard(
                sessions,
                engagements::receiver,
                new PodAccessTargets(engagements, sessions, workloads, policies),
                reach::mayDial);
        engagements.whenEnded(switchboard::engagementEnded);
        opened.add(EngagementAudit.follow(engagements, audit));
        sessions.watchAgents(engagements::agentsChanged);

        // Agents: what they are told, and how they come and go.
        orphaned = OrphanedReplacements.of(engagements, workloads, stores.pods().all());
        sidecars = new SidecarConfigs(workloads, sidecarSettings(dns.clusterDomain()), orphaned, policies);
        stats = new TrafficStats(engagements, sessions);
        review = AgentReview.with(client, InstantSource.system());
        rights = ManagerRights.of(client, settings);
        installer = outside.installer(sidecars, workloads);
        Duration arrival = settings.agent().arrival();
        restorer = opened.add(
                ContainerRestorer.open(engagements, sidecars, workloads, installer, arrival.multipliedBy(4)));
        reconciler = opened.add(
                EngagementReconciler.open(engagements, sidecars, workloads, installer, arrival.multipliedBy(4)));
        uninstaller = new Uninstaller(engagements, sidecars, workloads, installer, rights, arrival.multipliedBy(8));
    }

    private SidecarConfigs.Settings sidecarSettings(String domain) {
        String host = AgentNames.MANAGER_APP + "." + settings.pod().namespace() + ".svc." + domain;
        return new SidecarConfigs.Settings(
                new SidecarConfigs.ManagerService(
                        host, OwnService.address(client, settings.pod().namespace()), settings.apiPort()),
                settings.agent().port(),
                settings.agent().logLevel(),
                settings.agent().shown());
    }

    private void serve() throws IOException, FaultException {
        EventLoopGroup loops =
                Loops.create("flows", Math.max(2, Runtime.getRuntime().availableProcessors()));
        opened.add(() -> Loops.shutdown(loops));
        start(AgentPort.builder(
                new InetSocketAddress(settings.apiPort()), loops, client, agentCalls(), sessions, review, switchboard));
        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        NettyServerBuilder port = clientPort(new InetSocketAddress(loopback, Ports.CLIENT_API), loops);
        InetAddress loopback6 = InetAddress.ofLiteral("::1");
        if (OwnAddresses.canListen(loopback6)) {
            port.addListenAddress(new InetSocketAddress(loopback6, Ports.CLIENT_API));
        }
        start(port);
    }

    NettyServerBuilder clientPort(InetSocketAddress address, EventLoopGroup loops) {
        return clients.builder(
                address,
                loops,
                clientCalls(),
                switchboard,
                new AuditedCalls(sessions, audit, ClientAuthenticator::caller));
    }

    private void start(NettyServerBuilder builder) throws IOException {
        Server server = builder.build().start();
        opened.add(() -> {
            server.shutdownNow();
            server.awaitTermination(2, TimeUnit.SECONDS);
        });
    }

    Switchboard switchboard() {
        return switchboard;
    }

    /** What agents ask for. */
    AgentGateService agentCalls() {
        AgentArrivals arrivals = new AgentArrivals(sessions, review, workloads, sidecars, restorer);
        AgentService calls = new AgentService(sessions, arrivals, workloads, engagements, switchboard, stats);
        return new AgentGateService(sessions, calls, levels);
    }

    private ServerServiceDefinition clientCalls() {
        CreateEngagement createEngagement = new CreateEngagement(
                engagements,
                sidecars,
                workloads,
                installer,
                AgentReadiness.reading(client, workloads, sessions, installer),
                restorer,
                NetworkPolicyWarnings.of(settings.injector(), client),
                new CreateEngagement.Limits(rights, policies));
        AgentCoverage coverage = new AgentCoverage(workloads, sessions, reconciler.failures());
        ManualYaml yaml = new ManualYaml(settings.injector(), sidecars, workloads);
        LogGatherer.OwnPod pod = new LogGatherer.OwnPod(
                settings.pod().namespace(), settings.pod().name());
        LogGatherer gatherer = new LogGatherer(client, stores.pods(), ring::read, pod);
        return new ManagerService(
                        clients.identities(),
                        sessions,
                        new ClientSessionService(settings, sessions, createEngagement, switchboard, rights),
                        new EngagementService(
                                sessions,
                                engagements,
                                createEngagement,
                                new WorkloadList(
                                        workloads,
                                        coverage,
                                        engagements,
                                        stats,
                                        installer,
                                        policies,
                                        settings.injector().sidecar().image().name()),
                                stats,
                                new RouteExplainer(workloads, sidecars, engagements, stats, rights, policies),
                                rights,
                                settings.agent().arrival()),
                        new AgentAdminService(sessions, uninstaller, yaml, rights),
                        new ClusterInfoService(
                                sessions,
                                network,
                                names,
                                new EchoRequests(reach, new ServiceReachability(stores.services())),
                                installer.trouble(),
                                settings.pod()),
                        new LogGatheringService(sessions, levels, gatherer, settings.clientConfig(), rights))
                .bindService();
    }

    private void sweep() {
        opened.add(every("sweep", Duration.ofSeconds(1), () -> {
            sessions.sweep();
            levels.sweep();
        }));
        opened.add(every("service-subnets", SERVICE_CIDRS_APART, network::refreshServiceCidrs));
    }

    /** Looks after users, agents and engagements from time to time. */
    private void tend() {
        clients.tend(opened);
        opened.add(once("claims", CLAIMED_WITHIN, () -> orphaned.expire().forEach(workload -> {
            sidecars.found(workload, false);
            restorer.settle(workload);
        })));
        IdleAgentReaper idle = new IdleAgentReaper(
                sessions, engagements, uninstaller, settings.agent().maxIdle());
        MonotonicTime time = MonotonicTime.start();
        opened.add(every("idle-agents", IDLE_APART, () -> idle.sweep(time.instant())));
        EngagementExpiry expiry = new EngagementExpiry(engagements, policies);
        opened.add(every("expiry", EXPIRY_APART, () -> expiry.sweep(time.instant())));
        RevocationWatcher revocations =
                RevocationWatcher.reading(client, settings.pod().namespace(), engagements, EngagementAudit.of(audit));
        opened.add(every("revocations", REVOCATIONS_APART, revocations::sweep));
        opened.add(ManagerRights.watch(sessions, engagements, rights));
    }

    @Override
    public void close() {
        opened.closeAfter(new IllegalStateException("closing"));
    }
}

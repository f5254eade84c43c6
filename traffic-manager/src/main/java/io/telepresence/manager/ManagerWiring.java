package io.telepresence.manager;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.auth.AgentReview;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.grpc.AgentAdminService;
import io.telepresence.manager.grpc.AgentService;
import io.telepresence.manager.grpc.ClientSessionService;
import io.telepresence.manager.grpc.ClusterInfoService;
import io.telepresence.manager.grpc.EngagementService;
import io.telepresence.manager.grpc.LogGatheringService;
import io.telepresence.manager.grpc.ManagerService;
import io.telepresence.manager.grpc.PlainTextCheck;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.inject.ManualYaml;
import io.telepresence.manager.lifecycle.ContainerRestorer;
import io.telepresence.manager.lifecycle.CreateEngagement;
import io.telepresence.manager.lifecycle.EngagementReconciler;
import io.telepresence.manager.lifecycle.OrphanedReplacements;
import io.telepresence.manager.lifecycle.Uninstaller;
import io.telepresence.manager.log.LogGatherer;
import io.telepresence.manager.log.LogRing;
import io.telepresence.manager.log.ManagerLogLevels;
import io.telepresence.manager.network.ClusterDnsClient;
import io.telepresence.manager.network.ClusterNetwork;
import io.telepresence.manager.network.PodResolvConf;
import io.telepresence.manager.network.ServiceReachability;
import io.telepresence.manager.policy.NetworkPolicyWarnings;
import io.telepresence.manager.readiness.AgentCoverage;
import io.telepresence.manager.readiness.AgentReadiness;
import io.telepresence.manager.report.RouteExplainer;
import io.telepresence.manager.report.TrafficStats;
import io.telepresence.manager.report.WorkloadList;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.sidecar.SidecarConfigs;
import io.telepresence.manager.tunnel.Switchboard;
import io.telepresence.manager.watch.ClusterStores;
import io.telepresence.run.MonotonicTime;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts of the manager that know each other, wired. Only the view of the cluster has to be closed. */
record ManagerWiring(
        ClusterStores stores,
        ClusterNetwork view,
        ClusterDnsClient names,
        Workloads workloads,
        SessionRegistry sessions,
        Board board) {
    private static final Logger LOG = LoggerFactory.getLogger(ManagerWiring.class);

    /** Engagements, and what delivers their traffic. */
    record Board(
            EngagementRegistry engagements,
            OrphanedReplacements orphaned,
            SidecarConfigs sidecars,
            Switchboard switchboard,
            TrafficStats stats) {}

    /** Makes the switchboard of the engagements' flows. */
    @FunctionalInterface
    interface Switchboards {
        Switchboard of(SessionRegistry sessions, Switchboard.Sources sources);
    }

    static ManagerWiring of(
            ManagerSettings config,
            KubernetesClient client,
            ClusterStores stores,
            PodResolvConf dns,
            Switchboards switchboards) {
        Workloads workloads =
                new Workloads(stores, config.scope().kinds(), config.scope().namespaces());
        ClusterNetwork view = ClusterNetwork.open(
                client,
                stores,
                new ClusterNetwork.Settings(
                        config.pod().namespace(),
                        config.scope().namespaces(),
                        config.podCidrs().strategy(),
                        config.podCidrs().cidrs(),
                        config.injector().hook().service(),
                        dns));
        SessionRegistry sessions = new SessionRegistry(MonotonicTime.start());
        Cluster cluster = new Cluster(stores, workloads, dns.clusterDomain());
        return new ManagerWiring(
                stores, view, names(dns), workloads, sessions, board(config, client, cluster, sessions, switchboards));
    }

    private static ClusterDnsClient names(PodResolvConf dns) {
        List<InetSocketAddress> servers = dns.nameservers().stream()
                .map(ip -> new InetSocketAddress(ip, 53))
                .toList();
        return new ClusterDnsClient(servers);
    }

    private record Cluster(ClusterStores stores, Workloads workloads, String domain) {}

    /** Address of the manager's own Service; empty where it has none, or cannot be read. */
    private static String address(ManagerSettings config, KubernetesClient client) {
        try {
            return Optional.ofNullable(client.services()
                            .inNamespace(config.pod().namespace())
                            .withName(AgentNames.MANAGER_APP)
                            .get())
                    .map(service -> service.getSpec().getClusterIP())
                    .filter(ip -> !ip.equals("None"))
                    .orElse("");
        } catch (KubernetesClientException e) {
            LOG.warn("agents in pods without the cluster's DNS cannot arrive: {}", e.getMessage());
            return "";
        }
    }

    private static Board board(
            ManagerSettings config,
            KubernetesClient client,
            Cluster cluster,
            SessionRegistry sessions,
            Switchboards switchboards) {
        Workloads workloads = cluster.workloads();
        AtomicReference<Switchboard> switchboard = new AtomicReference<>();
        EngagementRegistry engagements =
                new EngagementRegistry(sessions, config.rules().inactiveBlock(), id -> switchboard
                        .get()
                        .engagementEnded(id));
        switchboard.set(switchboards.of(
                sessions, new Switchboard.Sources(engagements::receiver, new PodAccessTargets(engagements, sessions))));
        sessions.watchAgents(engagements::agentsChanged);
        OrphanedReplacements orphaned = OrphanedReplacements.of(
                engagements, workloads, cluster.stores().pods().all());
        String host = AgentNames.MANAGER_APP + "." + config.pod().namespace() + ".svc." + cluster.domain();
        SidecarConfigs sidecars = new SidecarConfigs(
                workloads,
                new SidecarConfigs.Settings(
                        new SidecarConfigs.ManagerService(host, address(config, client), config.apiPort()),
                        config.agent().port(),
                        config.agent().logLevel(),
                        config.agent().shown()),
                orphaned);
        return new Board(engagements, orphaned, sidecars, switchboard.get(), new TrafficStats(engagements, sessions));
    }

    EngagementRegistry engagements() {
        return board.engagements();
    }

    SidecarConfigs sidecars() {
        return board.sidecars();
    }

    Switchboard switchboard() {
        return board.switchboard();
    }

    /** What brings replaced containers back. */
    ContainerRestorer restorer(ManagerSettings config, AgentInstaller installer) {
        return ContainerRestorer.open(
                engagements(),
                sidecars(),
                workloads,
                installer,
                config.agent().arrival().multipliedBy(4));
    }

    /** What brings agents to pods of engaged workloads that were made without one. */
    EngagementReconciler reconciler(ManagerSettings config, AgentInstaller installer) {
        return EngagementReconciler.open(
                engagements(),
                sidecars(),
                workloads,
                installer,
                config.agent().arrival().multipliedBy(4));
    }

    /** What agents ask for. */
    AgentService agentCalls(AgentReview review, ContainerRestorer restorer) {
        return new AgentService(
                sessions, review, workloads, sidecars(), restorer, engagements(), switchboard(), board.stats());
    }

    /** How agents come and go. */
    record Agents(
            AgentInstaller installer,
            ContainerRestorer restorer,
            EngagementReconciler reconciler,
            Uninstaller uninstaller,
            ManualYaml manual,
            InjectorSettings settings) {}

    Agents agents(
            ManagerSettings config,
            InjectorSettings settings,
            AgentInstaller installer,
            ContainerRestorer restorer,
            EngagementReconciler reconciler) {
        Duration limit = config.agent().arrival().multipliedBy(8);
        return new Agents(
                installer,
                restorer,
                reconciler,
                new Uninstaller(engagements(), sidecars(), workloads, installer, limit),
                new ManualYaml(settings, sidecars(), workloads),
                settings);
    }

    ServerServiceDefinition clientEdge(
            ManagerSettings config, KubernetesClient client, Agents agents, ManagerLogLevels levels, LogRing ring) {
        AgentInstaller installer = agents.installer();
        AgentReadiness wait = AgentReadiness.reading(client, workloads, sessions, installer);
        CreateEngagement createEngagement = new CreateEngagement(
                engagements(),
                sidecars(),
                workloads,
                new CreateEngagement.Arrivals(
                        installer, wait, agents.restorer(), NetworkPolicyWarnings.of(agents.settings(), client)),
                config.rules().allowGlobal());
        AgentCoverage coverage =
                new AgentCoverage(workloads, sessions, agents.reconciler().failures());
        LogGatherer gatherer = new LogGatherer(
                client,
                stores.pods(),
                ring::read,
                new LogGatherer.OwnPod(config.pod().namespace(), config.pod().name()));
        return ServerInterceptors.intercept(
                new ManagerService(
                        sessions,
                        new ClientSessionService(config, sessions, createEngagement, switchboard()),
                        new EngagementService(
                                sessions,
                                engagements(),
                                createEngagement,
                                new EngagementService.Views(
                                        new WorkloadList(workloads, coverage, engagements(), board.stats(), installer),
                                        board.stats(),
                                        new RouteExplainer(workloads, sidecars(), engagements(), board.stats())),
                                config.agent().arrival()),
                        new AgentAdminService(sessions, agents.uninstaller(), agents.manual()),
                        new ClusterInfoService(
                                sessions,
                                new ClusterInfoService.Network(view, names, new ServiceReachability(stores.services())),
                                installer.trouble(),
                                config.pod()),
                        new LogGatheringService(sessions, levels, gatherer, config.clientConfig())),
                new PlainTextCheck());
    }
}

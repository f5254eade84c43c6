package io.telepresence.manager;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.telepresence.manager.auth.AgentReview;
import io.telepresence.manager.cluster.Cidr;
import io.telepresence.manager.cluster.ClusterNames;
import io.telepresence.manager.cluster.ClusterStores;
import io.telepresence.manager.cluster.ClusterView;
import io.telepresence.manager.cluster.Reachability;
import io.telepresence.manager.cluster.ResolvConf;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engage.AgentCoverage;
import io.telepresence.manager.engage.AgentInstaller;
import io.telepresence.manager.engage.AgentPlans;
import io.telepresence.manager.engage.AgentWait;
import io.telepresence.manager.engage.Claims;
import io.telepresence.manager.engage.EngagementReconciler;
import io.telepresence.manager.engage.Engagements;
import io.telepresence.manager.engage.Engaging;
import io.telepresence.manager.engage.Explaining;
import io.telepresence.manager.engage.Restoration;
import io.telepresence.manager.engage.Tally;
import io.telepresence.manager.engage.Uninstalling;
import io.telepresence.manager.engage.WorkloadBoard;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.inject.ManualYaml;
import io.telepresence.manager.inject.NetworkPolicyCautions;
import io.telepresence.manager.log.LogGatherer;
import io.telepresence.manager.log.LogLevels;
import io.telepresence.manager.log.LogRing;
import io.telepresence.manager.session.Sessions;
import io.telepresence.manager.tunnel.Switchboard;
import io.telepresence.run.MonotonicTime;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts of the manager that know each other, wired. Only the view of the cluster has to be closed. */
record Parts(
        ClusterStores stores,
        ClusterView view,
        ClusterNames names,
        Workloads workloads,
        Sessions sessions,
        Board board) {
    private static final Logger LOG = LoggerFactory.getLogger(Parts.class);

    /** Engagements, and what delivers their traffic. */
    record Board(Engagements engagements, Claims claims, AgentPlans plans, Switchboard switchboard, Tally tally) {}

    /** Makes the switchboard of the engagements' flows. */
    @FunctionalInterface
    interface Switchboards {
        Switchboard of(Sessions sessions, Switchboard.Sources sources);
    }

    static Parts of(ManagerConfig config, KubernetesClient client, ClusterStores stores) throws IOException {
        return of(config, client, stores, Switchboard::new);
    }

    static Parts of(ManagerConfig config, KubernetesClient client, ClusterStores stores, Switchboards switchboards)
            throws IOException {
        ResolvConf dns = ResolvConf.read(config.logs().resolvConf());
        Workloads workloads = new Workloads(stores, config.agent().kinds(), config.namespaces());
        ClusterView view = ClusterView.open(
                client,
                stores,
                new ClusterView.Settings(
                        config.pod().namespace(),
                        config.namespaces(),
                        config.podCidrs().strategy(),
                        config.podCidrs().cidrs().stream().map(Cidr::parse).toList(),
                        config.injector().service(),
                        dns));
        Sessions sessions = new Sessions(MonotonicTime.start());
        Cluster cluster = new Cluster(stores, workloads, dns.clusterDomain());
        return new Parts(
                stores, view, names(dns), workloads, sessions, board(config, client, cluster, sessions, switchboards));
    }

    private static ClusterNames names(ResolvConf dns) {
        List<InetSocketAddress> servers = dns.nameservers().stream()
                .map(ip -> new InetSocketAddress(ip, 53))
                .toList();
        return new ClusterNames(servers);
    }

    private record Cluster(ClusterStores stores, Workloads workloads, String domain) {}

    /** Address of the manager's own Service; empty where it has none, or cannot be read. */
    private static String address(ManagerConfig config, KubernetesClient client) {
        try {
            return Optional.ofNullable(client.services()
                            .inNamespace(config.pod().namespace())
                            .withName(config.service().name())
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
            ManagerConfig config,
            KubernetesClient client,
            Cluster cluster,
            Sessions sessions,
            Switchboards switchboards) {
        Workloads workloads = cluster.workloads();
        AtomicReference<Switchboard> switchboard = new AtomicReference<>();
        Engagements engagements = new Engagements(sessions, config.rules().inactiveBlock(), id -> switchboard
                .get()
                .engagementEnded(id));
        switchboard.set(switchboards.of(
                sessions, new Switchboard.Sources(engagements::receiver, new ReachTargets(engagements, sessions))));
        sessions.watchAgents(engagements::agentsChanged);
        Claims claims =
                Claims.of(engagements, workloads, cluster.stores().pods().all());
        String host = config.service().name() + "." + config.pod().namespace() + ".svc." + cluster.domain();
        AgentPlans plans = new AgentPlans(
                workloads,
                new AgentPlans.Settings(
                        new AgentPlans.ManagerService(
                                host, address(config, client), config.service().port()),
                        config.agent().port(),
                        config.agent().logLevel(),
                        config.shown()),
                claims);
        return new Board(engagements, claims, plans, switchboard.get(), new Tally(engagements, sessions));
    }

    Engagements engagements() {
        return board.engagements();
    }

    AgentPlans plans() {
        return board.plans();
    }

    Switchboard switchboard() {
        return board.switchboard();
    }

    /** What brings replaced containers back. */
    Restoration restoration(ManagerConfig config, AgentInstaller installer) {
        return Restoration.open(
                engagements(),
                plans(),
                workloads,
                installer,
                config.agent().arrival().multipliedBy(4));
    }

    /** What brings agents to pods of engaged workloads that were made without one. */
    EngagementReconciler reconciler(ManagerConfig config, AgentInstaller installer) {
        return EngagementReconciler.open(
                engagements(),
                plans(),
                workloads,
                installer,
                config.agent().arrival().multipliedBy(4));
    }

    /** What agents ask for. */
    AgentCalls agentCalls(AgentReview review, Restoration restoration) {
        return new AgentCalls(
                sessions, review, workloads, plans(), restoration, engagements(), switchboard(), board.tally());
    }

    /** How agents come and go. */
    record Agents(
            AgentInstaller installer,
            Restoration restoration,
            EngagementReconciler reconciler,
            Uninstalling uninstalling,
            ManualYaml manual,
            InjectorSettings settings) {}

    Agents agents(
            ManagerConfig config,
            InjectorSettings settings,
            AgentInstaller installer,
            Restoration restoration,
            EngagementReconciler reconciler) {
        Duration limit = config.agent().arrival().multipliedBy(8);
        return new Agents(
                installer,
                restoration,
                reconciler,
                new Uninstalling(engagements(), plans(), workloads, installer, limit),
                new ManualYaml(settings, plans(), workloads),
                settings);
    }

    ServerServiceDefinition clientEdge(
            ManagerConfig config, KubernetesClient client, Agents agents, LogLevels levels, LogRing ring) {
        AgentInstaller installer = agents.installer();
        AgentWait wait = AgentWait.reading(client, workloads, sessions, installer);
        Engaging engaging = new Engaging(
                engagements(),
                plans(),
                workloads,
                new Engaging.Arrivals(
                        installer, wait, agents.restoration(), NetworkPolicyCautions.of(agents.settings(), client)),
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
                        new SessionCalls(config, sessions, engaging, switchboard()),
                        new EngageCalls(
                                sessions,
                                engagements(),
                                engaging,
                                new EngageCalls.Views(
                                        new WorkloadBoard(workloads, coverage, engagements(), board.tally(), installer),
                                        board.tally(),
                                        new Explaining(workloads, plans(), engagements(), board.tally())),
                                config.agent().arrival()),
                        new AgentAdminCalls(sessions, agents.uninstalling(), agents.manual()),
                        new ClusterCalls(
                                sessions,
                                new ClusterCalls.Network(view, names, new Reachability(stores.services())),
                                installer.trouble(),
                                config.pod()),
                        new LogCalls(sessions, levels, gatherer, config.logs().clientConfig())),
                new PlainTextCheck());
    }
}

package io.telepresence.userd.connect;

import io.grpc.StatusRuntimeException;
import io.telepresence.agree.LocalEndpoint;
import io.telepresence.agree.Ports;
import io.telepresence.agree.Versions;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.identity.ProofKey;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.ClusterInfo;
import io.telepresence.run.Closers;
import io.telepresence.run.Coalesced;
import io.telepresence.run.Watched;
import io.telepresence.userd.apiserver.ApiServer;
import io.telepresence.userd.apiserver.ClusterGateway;
import io.telepresence.userd.apiserver.ManagerPods;
import io.telepresence.userd.apiserver.PortForward;
import io.telepresence.userd.config.ClientConfig;
import io.telepresence.userd.config.ConfigLayer;
import io.telepresence.userd.config.Problems;
import io.telepresence.userd.engage.ClientEngagements;
import io.telepresence.userd.engage.EngagementLifecycle;
import io.telepresence.userd.engage.EngagementResourcesFactory;
import io.telepresence.userd.engage.LocalForwarder;
import io.telepresence.userd.health.HealthWarning;
import io.telepresence.userd.health.HealthWarnings;
import io.telepresence.userd.identity.ProofRenewal;
import io.telepresence.userd.identity.Prover;
import io.telepresence.userd.identity.ProvingDialer;
import io.telepresence.userd.identity.Tickets;
import io.telepresence.userd.manager.ManagerSession;
import io.telepresence.userd.manager.ManagerWatch;
import io.telepresence.userd.mount.Mounts;
import io.telepresence.userd.podaccess.PodAccessBroker;
import io.telepresence.userd.relay.ManagerSocketProxy;
import io.telepresence.userd.restapi.LocalConsumption;
import io.telepresence.userd.restapi.RestApi;
import io.telepresence.userd.rootd.RootDaemonClient;
import io.telepresence.userd.rootd.RootDaemonLauncher;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One try to connect, step by step; what was opened is closed again when a step fails. Two calls to the API server, and
 * one port-forward for each carrier.
 */
final class ConnectSteps {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectSteps.class);

    private final DaemonPaths place;
    private final HealthWarnings health;
    private final Plan plan;
    private final ConnectParameters request;
    private final Phases phases;
    private final LongSupplier idleMillis;
    private final Closers opened = new Closers();

    /** @param idleMillis for how long the user has asked for nothing */
    ConnectSteps(DaemonPaths place, HealthWarnings health, Plan plan, Asked asked, LongSupplier idleMillis) {
        this.place = place;
        this.health = health;
        this.plan = plan;
        this.request = asked.request();
        this.phases = new Phases(asked.progress());
        this.idleMillis = idleMillis;
    }

    /** What the user wants, and where it is told how far that is. */
    record Asked(ConnectParameters request, Consumer<String> progress) {}

    /** Blocks until connected; interruptible. */
    ClusterSession run() throws FaultException {
        try {
            return connect();
        } catch (FaultException | RuntimeException | Error e) {
            // Who is cancelled says goodbye as everybody does, and waits for the answers.
            boolean cancelled = Thread.interrupted();
            opened.closeAfter(e);
            if (cancelled) {
                Thread.currentThread().interrupt();
            }
            throw e;
        }
    }

    private ClusterSession connect() throws FaultException {
        phases.begin("Connecting to the API server");
        ApiServer server = ApiServer.open(plan.target());
        ClusterGateway gateway =
                opened.add(new ClusterGateway(server, plan.config().timeouts().clusterConnect()));
        gateway.version();

        phases.begin("Finding the traffic-manager");
        ManagerPods pods = new ManagerPods(gateway, plan.identity().managerNamespace());
        pods.await(plan.config().timeouts().managerConnect(), () -> phases.begin("Waiting for the traffic-manager"));

        phases.begin("Connecting to traffic manager");
        ClientEngagements engagements = new ClientEngagements();
        ProofKey key = ProofKey.generate();
        ProvingDialer dialer = dialer(server, pods, key);
        ManagerSocketProxy relay =
                opened.add(ManagerSocketProxy.open(LocalEndpoint.carrier(place.directory()), place.uid(), dialer));
        Prover prover =
                new Prover(new Tickets(gateway, key, plan.identity().managerNamespace()), dialer::asked, health);
        ManagerSession link = opened.add(ManagerSession.open(
                LocalEndpoint.carrier(place.directory()),
                () -> arrival(engagements),
                limits(plan.config().timeouts()),
                idleMillis,
                prover));
        VersionInfo manager = link.version(() -> relay.trouble().get());
        link.arrive();
        renew(prover, link);
        ClientConfig config = merged(link);

        phases.begin("Looking at the cluster");
        Watched<ClusterInfo> cluster = watchCluster(link);

        phases.begin("Setting up the network");
        Watched<List<String>> mapped = new Watched<>(mapped(config));
        NetworkConfigBuilder network = new NetworkConfigBuilder(
                LocalEndpoint.carrier(place.directory()),
                server.addresses().get(),
                request.routing(),
                config,
                plan.identity().namespace(),
                mapped.get(),
                place.inDocker());
        RootDaemonClient root = network(network, server, link, new Cluster(cluster, mapped));
        EngagementLifecycle engaging = engaging(link, engagements, config);
        watch(link, engagements, engaging);
        tell(HealthWarning.NODE, pods.lost(), Fault::toString);
        tell(HealthWarning.CREDENTIALS, server.trouble(), text -> text);
        return new ClusterSession(
                server,
                link,
                root,
                engagements,
                engaging,
                prover,
                pods,
                cluster,
                facts(config, manager, root, new Cluster(cluster, mapped)),
                opened);
    }

    private <T> void tell(HealthWarning warning, Watched<Optional<T>> trouble, Function<T, String> sentence) {
        opened.add(trouble.watch(why -> why.ifPresentOrElse(
                cause -> health.raise(warning, sentence.apply(cause)), () -> health.clear(warning))));
    }

    private void renew(Prover prover, ManagerSession link) {
        ProofRenewal renewal = opened.add(ProofRenewal.start(prover, link.proofs()));
        link.whenAwake(renewal::soon);
    }

    private ProvingDialer dialer(ApiServer server, ManagerPods pods, ProofKey key) {
        Duration limit = plan.config().timeouts().clusterConnect();
        return new ProvingDialer(
                new PortForward(server, pods, Ports.CLIENT_API, limit),
                key,
                plan.identity().managerNamespace(),
                limit);
    }

    private static ManagerSession.Limits limits(ClientConfig.Timeouts timeouts) {
        return new ManagerSession.Limits(
                NetworkConfigBuilder.carrierConnect(timeouts), timeouts.managerConnect(), timeouts.managerApi());
    }

    private ClientArrival arrival(ClientEngagements engagements) {
        String user = place.environment().getOrDefault("USER", System.getProperty("user.name"));
        return ClientArrival.newBuilder()
                .setName(user + "@" + Hosts.name())
                .setInstallId(place.installId())
                .setVersion(Versions.info("Client"))
                .setNamespace(plan.identity().namespace())
                .addAllMappedNamespaces(Identity.limit(plan.identity().mapped()))
                .addAllEngagements(
                        EngagementCodec.snapshot(engagements.wished()).getEngagementsList())
                .setSeat(plan.seat())
                .build();
    }

    /** The manager's part of the configuration is the weakest. */
    private ClientConfig merged(ManagerSession link) throws FaultException {
        try {
            String yaml = link.calls().getClientConfig(link.ref()).getYaml();
            ConfigLayer pushed = ConfigLayer.parse(yaml, "the Helm value \"client\"", new Problems());
            return ClientConfig.of(pushed, plan.file(), plan.extension());
        } catch (StatusRuntimeException e) {
            throw FaultStatus.of(e).exception(e);
        }
    }

    private List<String> mapped(ClientConfig config) {
        List<String> flag = plan.identity().mapped();
        return Identity.limit(flag.isEmpty() ? config.cluster().mappedNamespaces() : flag);
    }

    private Watched<ClusterInfo> watchCluster(ManagerSession link) throws FaultException {
        Watched<ClusterInfo> cluster = new Watched<>(ClusterInfo.getDefaultInstance());
        CompletableFuture<ClusterInfo> first = new CompletableFuture<>();
        opened.add(ManagerWatch.start("cluster", () -> link.streams().watchClusterInfo(link.ref()), info -> {
            cluster.set(info);
            first.complete(info);
            if (info.getInjectorTrouble().isEmpty()) {
                health.clear(HealthWarning.INJECTOR);
            } else {
                health.raise(HealthWarning.INJECTOR, info.getInjectorTrouble());
            }
            if (info.getWarningsCount() == 0) {
                health.clear(HealthWarning.MANAGER);
            } else {
                health.raise(HealthWarning.MANAGER, String.join("; ", info.getWarningsList()));
            }
        }));
        try {
            long millis = plan.config().timeouts().managerApi().toMillis();
            ClusterInfo info = first.get(millis, TimeUnit.MILLISECONDS);
            assert info != null;
            return cluster;
        } catch (TimeoutException | ExecutionException e) {
            throw Fault.unreachable("the traffic-manager gives no information about the cluster", "")
                    .exception(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** The cluster, and what of it is mapped. */
    private record Cluster(Watched<ClusterInfo> info, Watched<List<String>> mapped) {}

    private RootDaemonClient network(
            NetworkConfigBuilder network, ApiServer server, ManagerSession link, Cluster cluster)
            throws FaultException {
        RootDaemonLauncher launcher = place.inDocker()
                ? RootDaemonLauncher.supervised()
                : new RootDaemonLauncher(place.executable(), place.uid());
        RootDaemonClient root = opened.add(RootDaemonClient.open(
                place.rootSocket(),
                launcher,
                health,
                network.config(link.ref().getSessionId(), cluster.info().get())));
        Coalesced update = opened.add(new Coalesced("network-config", () -> {
            try {
                root.update(network.to(server.addresses().get())
                        .mapping(cluster.mapped().get())
                        .config(link.ref().getSessionId(), cluster.info().get()));
            } catch (FaultException e) {
                health.raise(HealthWarning.NETWORK, e.fault().text());
            }
        }));
        opened.add(cluster.info().watch(_ -> update.changed()));
        opened.add(cluster.mapped().watch(_ -> update.changed()));
        opened.add(link.session().watch(_ -> update.changed()));
        opened.add(server.addresses().watch(_ -> update.changed()));
        return root;
    }

    /** Closed before the link: what is mounted goes first. */
    private EngagementLifecycle engaging(ManagerSession link, ClientEngagements engagements, ClientConfig config) {
        PodAccessBroker podAccess = new PodAccessBroker(link.tunnel());
        String root = config.intercept().mountsRoot();
        Mounts mounts = new Mounts(
                podAccess,
                new Mounts.Settings(
                        place.environment(),
                        Path.of(root.isEmpty() ? System.getProperty("java.io.tmpdir") : root),
                        place.mounts(),
                        place.uid()));
        EngagementResourcesFactory locals = new EngagementResourcesFactory(
                podAccess, mounts, restApi(engagements, config.api().port()));
        return opened.add(new EngagementLifecycle(
                link, engagements, locals, config.timeouts().intercept()));
    }

    /** The port; zero: nobody wants it, or it cannot be had, which is no reason not to connect. */
    private int restApi(ClientEngagements engagements, int port) {
        if (port == 0) {
            return 0;
        }
        LocalConsumption consumption = new LocalConsumption(engagements::all);
        try {
            return opened.add(
                            place.inDocker()
                                    ? RestApi.openForHandlers(port, consumption)
                                    : RestApi.open(port, consumption))
                    .port();
        } catch (FaultException e) {
            LOG.warn("{}", e.fault());
            return 0;
        }
    }

    private void watch(ManagerSession link, ClientEngagements engagements, EngagementLifecycle engaging) {
        LocalForwarder forwarder = new LocalForwarder(engagements, link.tunnel());
        opened.add(ManagerWatch.start("dials", () -> link.streams().watchDials(link.ref()), forwarder::dial));
        opened.add(
                ManagerWatch.start("engagements", () -> link.streams().watchEngagements(link.ref()), engaging::heard));
    }

    private ClusterSession.Facts facts(
            ClientConfig config, VersionInfo manager, RootDaemonClient root, Cluster cluster) {
        List<String> warnings = new ArrayList<>(plan.warnings());
        warnings.addAll(root.status().get().getWarningsList());
        String dns = root.status().get().getDns().getError();
        if (!dns.isEmpty()) {
            warnings.add(dns);
        }
        ClusterInfo info = cluster.info().get();
        if (!info.getInjectorTrouble().isEmpty()) {
            warnings.add(info.getInjectorTrouble());
        }
        warnings.addAll(info.getWarningsList());
        health.sentence(HealthWarning.UNKNOWN_USER).ifPresent(warnings::add);
        Identity identity = plan.identity();
        String name = request.name().isEmpty()
                ? (identity.context().isEmpty() ? "in-cluster" : identity.context()) + "-" + identity.namespace()
                : request.name();
        return new ClusterSession.Facts(
                name.replaceAll("[^A-Za-z0-9.-]", "-"),
                identity.server(),
                identity.context(),
                identity.namespace(),
                identity.managerNamespace(),
                cluster.mapped(),
                config,
                manager,
                List.copyOf(warnings),
                phases.end());
    }

    private static FaultException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return Fault.user("the connect was cancelled", "").exception(e);
    }
}

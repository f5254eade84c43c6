package io.telepresence.manager.network;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.base.Cidr;
import io.telepresence.manager.watch.ClusterStores;
import io.telepresence.run.Closers;
import io.telepresence.run.Coalesced;
import io.telepresence.run.Watched;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Keeps {@link NetworkFacts} up to date. Whoever watches them gets each change, bursts merged into one. */
public final class ClusterNetwork implements AutoCloseable {
    private final Settings settings;
    private final ClusterStores stores;
    private final Supplier<List<Cidr>> serviceCidrs;
    private final Watched<NetworkFacts> facts = new Watched<>(NetworkFacts.NONE);
    private final Closers opened = new Closers();
    private volatile List<Cidr> declared = List.of();
    private PodSubnets podSubnets;

    /**
     * @param managed the managed namespaces; empty: all
     * @param podStrategy auto, nodePodCIDRs, coverPodIPs or environment
     * @param podCidrs for environment
     */
    public record Settings(
            String ownNamespace,
            List<String> managed,
            String podStrategy,
            List<Cidr> podCidrs,
            String injectorService,
            PodResolvConf dns) {}

    ClusterNetwork(Settings settings, ClusterStores stores, Supplier<List<Cidr>> serviceCidrs) {
        this.settings = settings;
        this.stores = stores;
        this.serviceCidrs = serviceCidrs;
    }

    public static ClusterNetwork open(KubernetesClient client, ClusterStores stores, Settings settings) {
        ClusterNetwork view =
                new ClusterNetwork(settings, stores, new ServiceCidrs(client, settings.ownNamespace())::read);
        view.start();
        return view;
    }

    /** Blocks for the first question about service subnets. */
    void start() {
        refreshServiceCidrs();
        podSubnets = opened.add(PodSubnets.follow(stores, settings.podStrategy(), settings.podCidrs()));
        Coalesced changes = opened.add(new Coalesced("cluster-facts", this::compute));
        opened.add(stores.watchAll(changes::changed));
        compute();
    }

    /** Asks the API server again for the service subnets; they may grow. Blocks; called now and then. */
    public void refreshServiceCidrs() {
        List<Cidr> read = serviceCidrs.get();
        if (!read.isEmpty()) {
            declared = Subnets.merge(read);
        }
    }

    public Watched<NetworkFacts> facts() {
        return facts;
    }

    @Override
    public void close() {
        try {
            opened.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing the view of the cluster", e);
        }
    }

    /** Under the lock, since the first of all is not on the thread of the others. */
    private synchronized void compute() {
        facts.set(new NetworkFacts(
                serviceSubnets(),
                podSubnets.find(),
                settings.dns().clusterDomain(),
                settings.dns().nameservers().stream()
                        .filter(ip -> !ip.isLinkLocalAddress())
                        .findFirst(),
                injector(),
                settings.managed(),
                namespaces()));
    }

    private List<Cidr> serviceSubnets() {
        if (!declared.isEmpty()) {
            return declared;
        }
        List<InetAddress> ips = new ArrayList<>();
        for (Service service : stores.services().all()) {
            ips.addAll(clusterIps(service));
        }
        settings.dns().nameservers().stream()
                .filter(ip -> !ip.isLinkLocalAddress() && !ip.isLoopbackAddress())
                .forEach(ips::add);
        return Subnets.coverServices(ips);
    }

    private Optional<NetworkFacts.Injector> injector() {
        return stores.services()
                .get(settings.ownNamespace(), settings.injectorService())
                .filter(s -> !clusterIps(s).isEmpty() && !s.getSpec().getPorts().isEmpty())
                .map(s -> new NetworkFacts.Injector(
                        clusterIps(s).getFirst(),
                        s.getSpec().getPorts().getFirst().getPort()));
    }

    private List<String> namespaces() {
        return settings.managed().isEmpty()
                ? stores.namespaces().all().stream()
                        .filter(n -> n.getMetadata().getDeletionTimestamp() == null)
                        .map(n -> n.getMetadata().getName())
                        .sorted()
                        .toList()
                : settings.managed().stream().sorted().toList();
    }

    /** Literal ClusterIPs; none for a headless service. */
    static List<InetAddress> clusterIps(Service service) {
        List<String> ips = service.getSpec().getClusterIPs();
        List<String> all = ips == null || ips.isEmpty()
                ? service.getSpec().getClusterIP() == null
                        ? List.of()
                        : List.of(service.getSpec().getClusterIP())
                : ips;
        return all.stream()
                .filter(ip -> !ip.isEmpty() && !ip.equals("None"))
                .map(InetAddress::ofLiteral)
                .toList();
    }
}

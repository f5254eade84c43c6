package io.telepresence.manager.network;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.telepresence.agree.Transport;
import io.telepresence.base.Cidr;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.watch.ClusterStores;
import io.telepresence.run.Closers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Where clients get through the manager. Whoever connects reaches what a pod of a managed namespace is expected to offer, and
 * nothing by which the manager's place in the cluster would give them more: no metadata service of a cloud, not the manager
 * itself, no node (its kubelet, whatever else listens there) but ports that a pod declares on it, and nothing of a namespace
 * that is not managed, but the API server and the cluster's DNS. What is outside the cluster is reached as from a pod.
 * Thread-safe; never waits.
 */
public final class ReachPolicy implements AutoCloseable {
    private final Settings settings;
    private final ClusterStores stores;
    private final Supplier<NetworkFacts> facts;
    private final Closers followed = new Closers();
    /** The node that has the address. */
    private final Map<InetAddress, String> nodes = new ConcurrentHashMap<>();
    /** How many pods and Services of managed namespaces have the address; none where all namespaces are managed. */
    private final Map<InetAddress, Integer> managed = new ConcurrentHashMap<>();

    /**
     * @param allow the administrator's exceptions; stronger than everything but what is no destination at all
     * @param namespaces the managed ones; empty: all
     * @param pod name and namespace of the manager's own
     * @param own addresses of the manager's own pod
     * @param always addresses that every pod may use: the API server's
     */
    public record Settings(
            List<Cidr> allow, List<String> namespaces, Own pod, List<InetAddress> own, List<InetAddress> always) {}

    /**
     * The manager's own.
     *
     * @param services names of Services that lead to it
     */
    public record Own(String namespace, String pod, List<String> services) {}

    private ReachPolicy(Settings settings, ClusterStores stores, Supplier<NetworkFacts> facts) {
        this.settings = settings;
        this.stores = stores;
        this.facts = facts;
    }

    /** Follows nodes, pods and Services until it is closed. */
    public static ReachPolicy follow(ClusterStores stores, Supplier<NetworkFacts> facts, Settings settings) {
        ReachPolicy policy = new ReachPolicy(settings, stores, facts);
        policy.followed.add(stores.nodes().follow(policy::node));
        if (!settings.namespaces().isEmpty()) {
            policy.followed.add(
                    stores.pods().follow((before, now) -> policy.count(before, now, ReachPolicy::addresses)));
            policy.followed.add(
                    stores.services().follow((before, now) -> policy.count(before, now, ClusterNetwork::clusterIps)));
        }
        return policy;
    }

    /** Whether a client's connection or datagram goes there. */
    public boolean mayDial(Transport protocol, InetSocketAddress to) {
        InetAddress address = to.getAddress();
        String node = nodes.get(address);
        return switch (verdict(address)) {
            case YES -> true;
            case NO -> false;
            case ASK_PORT -> node != null && declared(node, address, protocol, to.getPort());
        };
    }

    /** Whether a client's echo request goes there. */
    public boolean mayPing(InetAddress address) {
        return verdict(address) == Verdict.YES;
    }

    private enum Verdict {
        YES,
        NO,
        ASK_PORT
    }

    private Verdict verdict(InetAddress address) {
        if (ForbiddenAddresses.isNoDestination(address)) {
            return Verdict.NO;
        }
        if (settings.allow().stream().anyMatch(c -> c.contains(address))) {
            return Verdict.YES;
        }
        if (ForbiddenAddresses.isMetadataService(address)) {
            return Verdict.NO;
        }
        if (nodes.containsKey(address)) {
            return Verdict.ASK_PORT;
        }
        return isOwn(address) || isUnmanaged(address) ? Verdict.NO : Verdict.YES;
    }

    private boolean isOwn(InetAddress address) {
        return settings.own().contains(address)
                || settings.pod().services().stream()
                        .map(name -> stores.services().get(settings.pod().namespace(), name))
                        .flatMap(Optional::stream)
                        .anyMatch(service -> ClusterNetwork.clusterIps(service).contains(address));
    }

    /** What is in the cluster, but neither a managed namespace's nor everybody's. */
    private boolean isUnmanaged(InetAddress address) {
        if (settings.namespaces().isEmpty()
                || managed.containsKey(address)
                || settings.always().contains(address)) {
            return false;
        }
        NetworkFacts now = facts.get();
        return !now.dns().filter(address::equals).isPresent()
                && Stream.concat(now.serviceSubnets().stream(), now.podSubnets().stream())
                        .anyMatch(c -> c.contains(address));
    }

    /** Whether a pod of the node offers the port there: one in the node's network, or one with a host port. */
    private boolean declared(String node, InetAddress address, Transport protocol, int port) {
        return stores.pods().all().stream()
                .filter(pod -> pod.getSpec() != null
                        && node.equals(pod.getSpec().getNodeName())
                        && Pods.alive(pod)
                        && !isManager(pod))
                .anyMatch(pod -> {
                    boolean inHostNetwork = Boolean.TRUE.equals(pod.getSpec().getHostNetwork());
                    return containers(pod)
                            .flatMap(c -> c.getPorts().stream())
                            .anyMatch(p -> protocol.name().equals(Objects.requireNonNullElse(p.getProtocol(), "TCP"))
                                    && isFor(p, address)
                                    && Integer.valueOf(port)
                                            .equals(inHostNetwork ? p.getContainerPort() : p.getHostPort()));
                });
    }

    private boolean isManager(Pod pod) {
        return settings.pod().pod().equals(pod.getMetadata().getName())
                && settings.pod().namespace().equals(pod.getMetadata().getNamespace());
    }

    private static Stream<Container> containers(Pod pod) {
        return Stream.concat(pod.getSpec().getContainers().stream(), pod.getSpec().getInitContainers().stream());
    }

    private static boolean isFor(ContainerPort port, InetAddress address) {
        String ip = port.getHostIP();
        return ip == null
                || ip.isEmpty()
                || InetAddress.ofLiteral(ip).isAnyLocalAddress()
                || InetAddress.ofLiteral(ip).equals(address);
    }

    private void node(Node before, Node now) {
        if (before != null) {
            addresses(before)
                    .forEach(ip -> nodes.remove(ip, before.getMetadata().getName()));
        }
        if (now != null) {
            addresses(now).forEach(ip -> nodes.put(ip, now.getMetadata().getName()));
        }
    }

    /** In figures; nodes have host names among them, too. */
    private static Stream<InetAddress> addresses(Node node) {
        return node.getStatus() == null
                ? Stream.empty()
                : node.getStatus().getAddresses().stream()
                        .filter(a -> a.getType().endsWith("IP"))
                        .map(NodeAddress::getAddress)
                        .map(InetAddress::ofLiteral);
    }

    private static List<InetAddress> addresses(Pod pod) {
        return Pods.alive(pod) && pod.getStatus() != null
                ? pod.getStatus().getPodIPs().stream()
                        .map(PodIP::getIp)
                        .filter(Objects::nonNull)
                        .map(InetAddress::ofLiteral)
                        .toList()
                : List.of();
    }

    private <T> void count(T before, T now, Function<T, List<InetAddress>> read) {
        if (now != null) {
            read.apply(now).forEach(ip -> managed.merge(ip, 1, Integer::sum));
        }
        if (before != null) {
            read.apply(before).forEach(ip -> managed.computeIfPresent(ip, (_, n) -> n == 1 ? null : n - 1));
        }
    }

    @Override
    public void close() throws Exception {
        followed.close();
    }
}

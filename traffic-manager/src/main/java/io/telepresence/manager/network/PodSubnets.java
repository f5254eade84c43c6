package io.telepresence.manager.network;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.telepresence.base.Cidr;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.watch.ClusterStores;
import io.telepresence.run.Closers;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Which subnets hold the pods. Addresses of pods and ranges of nodes are counted as they come and go; the subnets are found
 * anew only if one has that may change them. Thread-safe.
 */
public final class PodSubnets implements AutoCloseable {
    private final String strategy;
    private final List<Cidr> given;
    private final Map<String, Integer> addresses = new HashMap<>();
    private final Map<String, Integer> ranges = new HashMap<>();
    private final Closers followed = new Closers();
    /** Null: to be found again. */
    private List<Cidr> subnets;

    /** The nodes' ranges hold all pods: only an address outside of them changes that, or another range. */
    private boolean believed;

    private PodSubnets(String strategy, List<Cidr> given) {
        this.strategy = strategy;
        this.given = given;
    }

    /**
     * Follows nodes and pods until it is closed.
     *
     * @param strategy auto, nodePodCIDRs, coverPodIPs or environment
     * @param given for environment
     */
    public static PodSubnets follow(ClusterStores stores, String strategy, List<Cidr> given) {
        PodSubnets subnets = new PodSubnets(strategy, given);
        subnets.followed.add(stores.nodes()
                .follow((before, now) -> subnets.changed(before, now, PodSubnets::ranges, subnets.ranges)));
        subnets.followed.add(stores.pods()
                .follow((before, now) -> subnets.changed(before, now, PodSubnets::addresses, subnets.addresses)));
        return subnets;
    }

    /** The subnets now. */
    public synchronized List<Cidr> find() {
        if (subnets == null) {
            believed = false;
            subnets = switch (strategy) {
                case "environment" -> given;
                case "nodePodCIDRs" -> fromNodes();
                case "coverPodIPs" -> Subnets.coverPods(parsed(addresses.keySet()));
                default -> auto();
            };
        }
        return subnets;
    }

    @Override
    public void close() throws Exception {
        followed.close();
    }

    private synchronized <T> void changed(
            T before, T now, Function<T, List<String>> read, Map<String, Integer> counts) {
        List<String> were = before == null ? List.of() : read.apply(before);
        List<String> are = now == null ? List.of() : read.apply(now);
        if (were.equals(are)) {
            return;
        }
        for (String one : are) {
            if (counts.merge(one, 1, Integer::sum) == 1) {
                if (counts == ranges || !believed || !Subnets.holdAll(subnets, parsed(List.of(one)))) {
                    forget();
                }
            }
        }
        for (String one : were) {
            if (counts.merge(one, -1, PodSubnets::sum) == null && (counts == ranges || !believed)) {
                forget();
            }
        }
    }

    private void forget() {
        subnets = null;
        believed = false;
    }

    /** Nothing is left of it: not even a zero. */
    private static Integer sum(int one, int other) {
        return one + other == 0 ? null : one + other;
    }

    private static List<String> ranges(Node node) {
        return node.getSpec() == null ? List.of() : List.copyOf(node.getSpec().getPodCIDRs());
    }

    /** Pods in the host's network have the node's address, and kube-system's often are such. */
    private static List<String> addresses(Pod pod) {
        boolean counts = Pods.alive(pod)
                && pod.getStatus() != null
                && !"kube-system".equals(pod.getMetadata().getNamespace())
                && (pod.getSpec() == null || !Boolean.TRUE.equals(pod.getSpec().getHostNetwork()));
        return counts
                ? pod.getStatus().getPodIPs().stream()
                        .map(PodIP::getIp)
                        .filter(ip -> ip != null)
                        .toList()
                : List.of();
    }

    private List<Cidr> fromNodes() {
        return Subnets.limited(ranges.keySet().stream().map(Cidr::parseSubnet).toList());
    }

    private static List<InetAddress> parsed(Collection<String> addresses) {
        return addresses.stream().map(InetAddress::ofLiteral).toList();
    }

    /** The nodes' subnets are believed if the pods really are in them: some network plugins ignore them. */
    private List<Cidr> auto() {
        List<Cidr> ofNodes = fromNodes();
        List<InetAddress> ofPods = parsed(addresses.keySet());
        believed = !ofNodes.isEmpty() && Subnets.holdAll(ofNodes, ofPods);
        return believed ? ofNodes : Subnets.coverPods(ofPods);
    }
}

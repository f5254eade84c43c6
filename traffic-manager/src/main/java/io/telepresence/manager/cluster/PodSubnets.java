package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which subnets hold the pods. Pure.
 *
 * @param strategy auto, nodePodCIDRs, coverPodIPs or environment
 * @param given for environment
 */
record PodSubnets(String strategy, List<Cidr> given) {

    /**
     * All that the subnets depend on. Of most changes of a cluster it stays the same.
     *
     * @param nodes subnets of nodes
     * @param ips of pods, textual
     */
    record Seen(List<String> nodes, Set<String> ips) {
        static Seen of(List<Node> nodes, List<Pod> pods) {
            List<String> cidrs = nodes.stream()
                    .filter(node -> node.getSpec() != null)
                    .flatMap(node -> node.getSpec().getPodCIDRs().stream())
                    .sorted()
                    .toList();
            Set<String> ips = HashSet.newHashSet(pods.size());
            for (Pod pod : pods) {
                if (counts(pod)) {
                    for (PodIP ip : pod.getStatus().getPodIPs()) {
                        ips.add(ip.getIp());
                    }
                }
            }
            ips.remove(null);
            return new Seen(cidrs, ips);
        }

        /** Pods in the host's network have the node's address, and kube-system's often are such. */
        private static boolean counts(Pod pod) {
            return Pods.alive(pod)
                    && pod.getStatus() != null
                    && !"kube-system".equals(pod.getMetadata().getNamespace())
                    && (pod.getSpec() == null
                            || !Boolean.TRUE.equals(pod.getSpec().getHostNetwork()));
        }

        private List<Cidr> fromNodes() {
            return Subnets.limited(nodes.stream().map(Cidr::parse).toList());
        }

        private List<InetAddress> addresses() {
            return ips.stream().map(InetAddress::ofLiteral).toList();
        }
    }

    List<Cidr> find(Seen seen) {
        return switch (strategy) {
            case "environment" -> given;
            case "nodePodCIDRs" -> seen.fromNodes();
            case "coverPodIPs" -> Subnets.coverPods(seen.addresses());
            default -> auto(seen);
        };
    }

    /** The nodes' subnets are believed if the pods really are in them: some network plugins ignore them. */
    private static List<Cidr> auto(Seen seen) {
        List<Cidr> subnets = seen.fromNodes();
        List<InetAddress> ips = seen.addresses();
        boolean believable = !subnets.isEmpty() && Subnets.holdAll(subnets, ips);
        return believable ? subnets : Subnets.coverPods(ips);
    }
}

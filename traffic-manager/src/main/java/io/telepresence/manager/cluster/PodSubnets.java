package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Which subnets hold the pods. Pure.
 *
 * @param strategy auto, nodePodCIDRs, coverPodIPs or environment
 * @param given for environment
 */
record PodSubnets(String strategy, List<Cidr> given) {

    List<Cidr> find(List<Node> nodes, List<Pod> pods) {
        return switch (strategy) {
            case "environment" -> given;
            case "nodePodCIDRs" -> fromNodes(nodes);
            case "coverPodIPs" -> Subnets.coverPods(ips(pods));
            default -> auto(nodes, pods);
        };
    }

    /** The nodes' subnets are believed if the pods really are in them: some network plugins ignore them. */
    private static List<Cidr> auto(List<Node> nodes, List<Pod> pods) {
        List<Cidr> subnets = fromNodes(nodes);
        List<InetAddress> ips = ips(pods);
        boolean believable = !subnets.isEmpty() && Subnets.holdAll(subnets, ips);
        return believable ? subnets : Subnets.coverPods(ips);
    }

    private static List<Cidr> fromNodes(List<Node> nodes) {
        List<Cidr> all = new ArrayList<>();
        for (Node node : nodes) {
            if (node.getSpec() != null) {
                node.getSpec().getPodCIDRs().forEach(c -> all.add(Cidr.parse(c)));
            }
        }
        return Subnets.limited(all);
    }

    /** Pods in the host's network have the node's address, and kube-system's often are such. */
    private static List<InetAddress> ips(List<Pod> pods) {
        return pods.stream()
                .filter(p -> !"kube-system".equals(p.getMetadata().getNamespace()))
                .filter(p ->
                        p.getSpec() == null || !Boolean.TRUE.equals(p.getSpec().getHostNetwork()))
                .filter(p -> p.getStatus() != null)
                .flatMap(p -> p.getStatus().getPodIPs().stream())
                .map(ip -> ip.getIp())
                .filter(Objects::nonNull)
                .map(InetAddress::ofLiteral)
                .distinct()
                .toList();
    }
}

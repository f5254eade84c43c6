package io.telepresence.manager.networkpolicy;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.telepresence.manager.cluster.LabelSelectors;
import io.telepresence.rpc.agent.AgentConfig;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Which network policies keep the agents of a workload from the traffic-manager. Where it cannot be decided here (an
 * {@code ipBlock}, a port by name, labels of the traffic-manager's pod) the traffic counts as admitted.
 *
 * @param policies those of a namespace
 * @param labels those of a namespace; empty where they may not be read
 */
record EgressWarnings(Function<String, List<NetworkPolicy>> policies, Function<String, Map<String, String>> labels)
        implements InjectionWarnings {
    private static final String NAME = "kubernetes.io/metadata.name";

    @Override
    public List<Warning> of(PodTemplateSpec template, AgentConfig wish) {
        Map<String, String> podLabels = labels(template.getMetadata());
        List<NetworkPolicy> limiting = policies.apply(wish.getNamespace()).stream()
                .filter(EgressWarnings::limitsEgress)
                .filter(p -> LabelSelectors.selects(p.getSpec().getPodSelector(), podLabels))
                .toList();
        if (limiting.isEmpty()
                || limiting.stream()
                        .flatMap(p -> p.getSpec().getEgress().stream())
                        .anyMatch(r -> admits(r, wish))) {
            return List.of();
        }
        String names = String.join(
                ", ", limiting.stream().map(p -> p.getMetadata().getName()).toList());
        String text = "NetworkPolicy " + names + " allows no traffic from these pods to port " + wish.getManagerPort()
                + " of the traffic-manager in " + managerNamespace(wish)
                + ", so their agents cannot connect: allow it";
        return List.of(new Warning(text, false));
    }

    private static Map<String, String> labels(ObjectMeta meta) {
        return meta == null || meta.getLabels() == null ? Map.of() : meta.getLabels();
    }

    /** By its policy types; without any where it has rules for it. */
    private static boolean limitsEgress(NetworkPolicy policy) {
        List<String> types = policy.getSpec().getPolicyTypes();
        return types == null || types.isEmpty() ? !policy.getSpec().getEgress().isEmpty() : types.contains("Egress");
    }

    private boolean admits(NetworkPolicyEgressRule rule, AgentConfig wish) {
        return (rule.getPorts().isEmpty() || rule.getPorts().stream().anyMatch(p -> admits(p, wish)))
                && (rule.getTo().isEmpty() || rule.getTo().stream().anyMatch(p -> admits(p, wish)));
    }

    private static boolean admits(NetworkPolicyPort port, AgentConfig wish) {
        boolean named = port.getPort() != null && port.getPort().getStrVal() != null;
        return named || NetworkPolicies.lists(port, "TCP", wish.getManagerPort());
    }

    private boolean admits(NetworkPolicyPeer peer, AgentConfig wish) {
        if (peer.getIpBlock() != null) {
            return true;
        }
        String namespace = managerNamespace(wish);
        if (peer.getNamespaceSelector() == null) {
            return namespace.equals(wish.getNamespace());
        }
        Map<String, String> known = labels.apply(namespace);
        return LabelSelectors.selects(peer.getNamespaceSelector(), known.isEmpty() ? Map.of(NAME, namespace) : known);
    }

    /** The host is {@code SERVICE.NAMESPACE}, maybe with more behind it. */
    private static String managerNamespace(AgentConfig wish) {
        String[] labels = wish.getManagerHost().split("\\.");
        return labels.length > 1 ? labels[1] : wish.getNamespace();
    }
}

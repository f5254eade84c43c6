package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.manager.engage.Cautions;
import io.telepresence.rpc.manager.AgentConfig;
import io.telepresence.rpc.manager.AgentContainer;
import io.telepresence.rpc.manager.AgentPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which network policies drop the traffic of a port once an agent has it: those that list its number, where the port is
 * renamed, because its Service leads to the agent's number then.
 *
 * @param policies those of a namespace; none where they may not be listed
 */
record PolicyCautions(AgentInjector injector, Function<String, List<NetworkPolicy>> policies) implements Cautions {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyCautions.class);

    static PolicyCautions reading(KubernetesClient client, AgentInjector injector) {
        return new PolicyCautions(injector, namespace -> {
            try {
                return client.network()
                        .v1()
                        .networkPolicies()
                        .inNamespace(namespace)
                        .list()
                        .getItems();
            } catch (KubernetesClientException e) {
                LOG.debug("network policies of {}: {}", namespace, e.getMessage());
                return List.of();
            }
        });
    }

    @Override
    public List<String> of(PodTemplateSpec template, AgentConfig wish) {
        Pod pod = new PodBuilder()
                .withMetadata(template.getMetadata())
                .withSpec(template.getSpec())
                .build();
        List<AgentPort> renamed = injector.possible(pod, wish).getContainersList().stream()
                .filter(c -> !c.getReplaced())
                .map(AgentContainer::getPortsList)
                .flatMap(List::stream)
                .filter(p -> !p.getRedirect() && !p.getName().isEmpty())
                .toList();
        if (renamed.isEmpty()) {
            return List.of();
        }
        List<String> cautions = new ArrayList<>();
        for (NetworkPolicy policy : policies.apply(wish.getNamespace())) {
            if (selects(policy.getSpec().getPodSelector(), Pods.labels(pod))) {
                renamed.stream()
                        .filter(port -> policy.getSpec().getIngress().stream().anyMatch(rule -> loses(rule, port)))
                        .map(port -> sentence(policy, port))
                        .forEach(cautions::add);
            }
        }
        return cautions;
    }

    private static String sentence(NetworkPolicy policy, AgentPort port) {
        return "NetworkPolicy " + policy.getMetadata().getName() + " admits port " + port.getContainerPort()
                + ", but while pods have an agent, services that use port " + port.getName() + " lead to "
                + port.getAgentPort() + ", which it drops: let it admit port " + port.getName() + " by name";
    }

    private static boolean loses(NetworkPolicyIngressRule rule, AgentPort port) {
        return rule.getPorts().stream().anyMatch(p -> lists(p, port, port.getContainerPort()))
                && rule.getPorts().stream()
                        .noneMatch(p -> lists(p, port, port.getAgentPort())
                                || p.getPort() != null
                                        && port.getName().equals(p.getPort().getStrVal()));
    }

    private static boolean lists(NetworkPolicyPort listed, AgentPort port, int number) {
        String protocol = listed.getProtocol() == null ? "TCP" : listed.getProtocol();
        if (!protocol.equals(port.getProtocol().name())) {
            return false;
        }
        if (listed.getPort() == null) {
            return true;
        }
        Integer first = listed.getPort().getIntVal();
        int last = listed.getEndPort() == null ? (first == null ? 0 : first) : listed.getEndPort();
        return first != null && first <= number && number <= last;
    }

    private static boolean selects(LabelSelector selector, Map<String, String> labels) {
        return selector == null
                || labels.entrySet()
                                .containsAll(
                                        selector.getMatchLabels() == null
                                                ? List.of()
                                                : selector.getMatchLabels().entrySet())
                        && selector.getMatchExpressions().stream().allMatch(e -> holds(e, labels));
    }

    private static boolean holds(LabelSelectorRequirement requirement, Map<String, String> labels) {
        String value = labels.get(requirement.getKey());
        return switch (requirement.getOperator()) {
            case "In" -> value != null && requirement.getValues().contains(value);
            case "NotIn" -> value == null || !requirement.getValues().contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            default -> false;
        };
    }
}

package io.telepresence.manager.networkpolicy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.telepresence.manager.cluster.LabelSelectors;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.inject.SidecarInjector;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentPort;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Which network policies drop the traffic of a port once an agent has it: those that list its number, where the port is
 * renamed, because its Service leads to the agent's number then.
 *
 * @param policies those of a namespace; none where they may not be listed
 */
record IngressWarnings(SidecarInjector injector, Function<String, List<NetworkPolicy>> policies)
        implements InjectionWarnings {
    @Override
    public List<Warning> of(PodTemplateSpec template, AgentConfig wish) {
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
        List<Warning> warnings = new ArrayList<>();
        for (NetworkPolicy policy : policies.apply(wish.getNamespace())) {
            if (LabelSelectors.selects(policy.getSpec().getPodSelector(), Pods.labels(pod))) {
                renamed.stream()
                        .filter(port -> policy.getSpec().getIngress().stream().anyMatch(rule -> loses(rule, port)))
                        .map(port -> sentence(policy, port))
                        .forEach(warnings::add);
            }
        }
        return warnings;
    }

    private static Warning sentence(NetworkPolicy policy, AgentPort port) {
        String text = "NetworkPolicy " + policy.getMetadata().getName() + " allows port " + port.getContainerPort()
                + ", but while pods have an agent, services that use port " + port.getName() + " lead to "
                + port.getAgentPort() + ", which it drops: allow port " + port.getName() + " by name";
        return new Warning(text, true);
    }

    private static boolean loses(NetworkPolicyIngressRule rule, AgentPort port) {
        return rule.getPorts().stream().anyMatch(p -> lists(p, port, port.getContainerPort()))
                && rule.getPorts().stream()
                        .noneMatch(p -> lists(p, port, port.getAgentPort())
                                || p.getPort() != null
                                        && port.getName().equals(p.getPort().getStrVal()));
    }

    private static boolean lists(NetworkPolicyPort listed, AgentPort port, int number) {
        return NetworkPolicies.lists(listed, port.getProtocol().name(), number);
    }
}

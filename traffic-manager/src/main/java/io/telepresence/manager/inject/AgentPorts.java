package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentPort;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The ports that the agent's container declares. A Service finds a named target port in the first container that has
 * it; the agent takes a name over only from there. Pure.
 *
 * @param spec the pod without agent
 */
record AgentPorts(PodSpec spec, AgentConfig config) {
    /** In the order of the configuration; each name once, and of one number all names that it has. */
    List<ContainerPort> all() {
        List<ContainerPort> ports = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (AgentContainer container : config.getContainersList()) {
            for (AgentPort port : container.getPortsList()) {
                List<ContainerPort> declared = declared(container, port);
                List<ContainerPort> named = declared.stream()
                        .filter(p -> takesName(container, port, p.getName()) && names.add(p.getName()))
                        .toList();
                named.forEach(p -> ports.add(port(container, port, Optional.of(p), p.getName())));
                if (named.isEmpty()) {
                    ports.add(port(container, port, declared.stream().findFirst(), null));
                }
            }
        }
        return ports;
    }

    private boolean takesName(AgentContainer container, AgentPort port, String name) {
        if (port.getRedirect() || port.getName().isEmpty() || name == null) {
            return false;
        }
        return !container.getReplaced()
                || PodContainers.running(spec)
                        .filter(c -> c.getPorts().stream().anyMatch(p -> named(p, port, name)))
                        .findFirst()
                        .filter(c -> c.getName().equals(container.getName()))
                        .isPresent();
    }

    private static ContainerPort port(
            AgentContainer container, AgentPort port, Optional<ContainerPort> declared, String name) {
        return declared.filter(_ -> container.getReplaced())
                .map(ContainerPortBuilder::new)
                .orElseGet(ContainerPortBuilder::new)
                .withName(name)
                .withContainerPort(port.getAgentPort())
                .withProtocol(port.getProtocol().name())
                .build();
    }

    private List<ContainerPort> declared(AgentContainer container, AgentPort port) {
        return PodContainers.running(spec)
                .filter(c -> c.getName().equals(container.getName()))
                .map(Container::getPorts)
                .flatMap(List::stream)
                .filter(p -> p.getContainerPort() == port.getContainerPort()
                        && protocol(p).equals(port.getProtocol().name()))
                .toList();
    }

    private static boolean named(ContainerPort port, AgentPort wanted, String name) {
        return name.equals(port.getName())
                && protocol(port).equals(wanted.getProtocol().name());
    }

    private static String protocol(ContainerPort port) {
        return port.getProtocol() == null ? "TCP" : port.getProtocol();
    }
}

package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.rpc.manager.AgentConfig;
import io.telepresence.rpc.manager.AgentContainer;
import io.telepresence.rpc.manager.AgentPort;
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
    /** In the order of the configuration; each name once. */
    List<ContainerPort> all() {
        List<ContainerPort> ports = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (AgentContainer container : config.getContainersList()) {
            for (AgentPort port : container.getPortsList()) {
                boolean named = takesName(container, port) && names.add(port.getName());
                ports.add(port(container, port, named));
            }
        }
        return ports;
    }

    private boolean takesName(AgentContainer container, AgentPort port) {
        if (port.getRedirect() || port.getName().isEmpty()) {
            return false;
        }
        return !container.getReplaced()
                || PodContainers.running(spec)
                        .filter(c -> c.getPorts().stream().anyMatch(p -> named(p, port)))
                        .findFirst()
                        .filter(c -> c.getName().equals(container.getName()))
                        .isPresent();
    }

    private ContainerPort port(AgentContainer container, AgentPort port, boolean named) {
        ContainerPortBuilder builder = (container.getReplaced()
                        ? declared(container, port)
                        : Optional.<ContainerPort>empty())
                .map(ContainerPortBuilder::new)
                .orElseGet(ContainerPortBuilder::new);
        return builder.withName(named ? port.getName() : null)
                .withContainerPort(port.getAgentPort())
                .withProtocol(port.getProtocol().name())
                .build();
    }

    private Optional<ContainerPort> declared(AgentContainer container, AgentPort port) {
        return PodContainers.running(spec)
                .filter(c -> c.getName().equals(container.getName()))
                .map(Container::getPorts)
                .flatMap(List::stream)
                .filter(p -> p.getContainerPort() == port.getContainerPort()
                        && protocol(p).equals(port.getProtocol().name()))
                .findFirst();
    }

    private static boolean named(ContainerPort port, AgentPort wanted) {
        return wanted.getName().equals(port.getName())
                && protocol(port).equals(wanted.getProtocol().name());
    }

    private static String protocol(ContainerPort port) {
        return port.getProtocol() == null ? "TCP" : port.getProtocol();
    }
}

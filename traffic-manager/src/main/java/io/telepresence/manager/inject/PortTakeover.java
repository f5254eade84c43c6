package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.KubeletCall;
import io.telepresence.manager.cluster.PodContainers;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Frees the names of container ports for the agent. A Service finds a named target port in the first container that
 * has it, so the name is taken from every container; what refers to it inside the same container (probes, lifecycle
 * handlers) follows. Changes the given spec.
 */
final class PortTakeover {
    private static final int LONGEST = 15;

    private final PodSpec spec;
    private final Set<String> used = new HashSet<>();

    PortTakeover(PodSpec spec) {
        this.spec = spec;
        containers().flatMap(c -> c.getPorts().stream()).forEach(p -> {
            if (p.getName() != null) {
                used.add(p.getName());
            }
        });
    }

    /** @param protocol TCP, UDP or SCTP */
    void free(String name, String protocol) {
        containers().forEach(container -> {
            Map<String, String> renamed = new HashMap<>();
            for (ContainerPort port : container.getPorts()) {
                if (name.equals(port.getName()) && protocol.equals(protocolOf(port))) {
                    port.setName(renamed.computeIfAbsent(name, this::hidden));
                }
            }
            if (!renamed.isEmpty()) {
                follow(container, name, renamed.get(name));
            }
        });
    }

    /** A name that nobody has: {@code tm-http}; shortened with a hash where that is too long, numbered where taken. */
    private String hidden(String name) {
        String hidden = AgentNames.RENAMED_PORT + name;
        if (hidden.length() > LONGEST) {
            hidden = cut(hidden, LONGEST - 5) + String.format("-%04x", name.hashCode() & 0xffff);
        }
        String unique = hidden;
        for (int i = 1; !used.add(unique); i++) {
            String suffix = "-" + i;
            unique = cut(hidden, LONGEST - suffix.length()) + suffix;
        }
        return unique;
    }

    private static String cut(String name, int length) {
        String head = name.substring(0, Math.min(length, name.length()));
        return head.endsWith("-") ? head.substring(0, head.length() - 1) : head;
    }

    private Stream<Container> containers() {
        return PodContainers.running(spec).filter(c -> c.getPorts() != null);
    }

    private static String protocolOf(ContainerPort port) {
        return port.getProtocol() == null ? "TCP" : port.getProtocol();
    }

    private static void follow(Container container, String old, String now) {
        KubeletCall.of(container).stream()
                .filter(call -> names(call.port().get(), old))
                .forEach(call -> call.change().accept(new IntOrString(now)));
    }

    private static boolean names(IntOrString port, String name) {
        return port != null && name.equals(port.getStrVal());
    }
}

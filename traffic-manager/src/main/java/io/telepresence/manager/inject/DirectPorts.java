package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.KubeletCall;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.cluster.PodPortNumbers;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentPort;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Leads the kubelet past the agent. A port that is redirected and that a probe or a lifecycle handler asks gets another
 * number besides, its direct port: packets to that are redirected to the application by the kernel alone, whoever has
 * the traffic of the port itself, and whether the agent's process runs or not.
 */
final class DirectPorts {
    /** Above the numbers that Linux gives away itself, where programs hardly ever listen. */
    private static final int FIRST = 61900;

    private static final int LAST = 65535;
    private static final int FIRST_UNPRIVILEGED = 1024;

    private DirectPorts() {}

    /**
     * The configuration with the direct ports that the pod needs. Pure.
     *
     * @param spec without agent
     */
    static AgentConfig assigned(AgentConfig config, ObjectMeta pod, PodSpec spec) {
        Set<Integer> asked = asked(spec);
        Set<Integer> taken = taken(config, pod, spec);
        AgentConfig.Builder result = config.toBuilder();
        int next = FIRST;
        for (AgentContainer.Builder container : result.getContainersBuilderList()) {
            for (AgentPort.Builder port : container.getPortsBuilderList()) {
                if (redirected(port.build()) && asked.contains(port.getContainerPort())) {
                    while (!taken.add(next)) {
                        next = next == LAST ? FIRST_UNPRIVILEGED : next + 1;
                    }
                    port.setDirectPort(next);
                }
            }
        }
        return result.build();
    }

    /** Writes them into probes and lifecycle handlers. Changes the given spec; a second time changes nothing. */
    static void lead(PodSpec spec, AgentConfig config) {
        Map<Integer, Integer> direct = new HashMap<>();
        config.getContainersList().stream()
                .flatMap(c -> c.getPortsList().stream())
                .filter(p -> p.getDirectPort() != 0)
                .forEach(p -> direct.put(p.getContainerPort(), p.getDirectPort()));
        for (Container container : PodContainers.application(spec)) {
            for (KubeletCall call : KubeletCall.of(container)) {
                if (call.host().isEmpty()) {
                    call.number(container).map(direct::get).ifPresent(to -> call.change()
                            .accept(new IntOrString(to)));
                }
            }
        }
    }

    /**
     * Before which of the init containers the redirection must be there: the kubelet waits for a native sidecar's startup
     * probe before it starts the next one.
     *
     * @param spec after {@link #lead}
     * @return their number: after all of them
     */
    static int neededBy(PodSpec spec, AgentConfig config) {
        Set<Integer> direct = config.getContainersList().stream()
                .flatMap(c -> c.getPortsList().stream())
                .map(AgentPort::getDirectPort)
                .collect(Collectors.toSet());
        List<Container> before = spec.getInitContainers();
        return IntStream.range(0, before.size())
                .filter(i -> PodContainers.isNative(before.get(i)))
                .filter(i -> KubeletCall.of(before.get(i)).stream().anyMatch(call -> call.number(before.get(i))
                        .filter(number -> number != 0)
                        .filter(direct::contains)
                        .isPresent()))
                .findFirst()
                .orElse(before.size());
    }

    /** The numbers that the kubelet asks of the pod: any container may ask for a port of another. */
    private static Set<Integer> asked(PodSpec spec) {
        Set<Integer> asked = new HashSet<>();
        for (Container container : PodContainers.application(spec)) {
            KubeletCall.of(container).stream()
                    .filter(call -> call.host().isEmpty())
                    .forEach(call -> call.number(container).ifPresent(asked::add));
        }
        return asked;
    }

    private static boolean redirected(AgentPort port) {
        return port.getRedirect() && port.getProtocol() == Protocol.TCP;
    }

    private static Set<Integer> taken(AgentConfig config, ObjectMeta pod, PodSpec spec) {
        Set<Integer> taken = PodPortNumbers.written(pod, spec);
        taken.add(AgentNames.READY_PORT);
        taken.add(config.getApiPort());
        config.getContainersList().stream()
                .flatMap(c -> c.getPortsList().stream())
                .forEach(p -> {
                    taken.add(p.getContainerPort());
                    taken.add(p.getAgentPort());
                });
        return taken;
    }
}

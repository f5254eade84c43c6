package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.agree.AgentNames;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The containers of a pod by how they run. Ordinary ones and native sidecars (init containers that are always
 * restarted, Kubernetes 1.29) run as long as the pod; whoever looks for a container that runs must look at both. Pure.
 */
public final class PodContainers {
    private static final String ALWAYS = "Always";

    private PodContainers() {}

    /** Whether an init container is a native sidecar. */
    public static boolean isNative(Container initContainer) {
        return ALWAYS.equals(initContainer.getRestartPolicy());
    }

    /** Makes it one. */
    public static void makeNative(Container initContainer) {
        initContainer.setRestartPolicy(ALWAYS);
    }

    /** All that run as long as the pod, in the order in which a Service looks for a named port. */
    public static Stream<Container> running(PodSpec spec) {
        return Stream.concat(
                spec.getContainers().stream(), spec.getInitContainers().stream().filter(PodContainers::isNative));
    }

    /** Those of {@link #running} that are not ours. */
    public static List<Container> application(PodSpec spec) {
        return running(spec)
                .filter(c -> !AgentNames.CONTAINER.equals(c.getName()))
                .toList();
    }

    /** The agent's, in either form. */
    public static Optional<Container> agent(PodSpec spec) {
        return agent(spec.getContainers()).or(() -> agent(spec.getInitContainers()));
    }

    private static Optional<Container> agent(List<Container> containers) {
        for (Container container : containers) {
            if (AgentNames.CONTAINER.equals(container.getName())) {
                return Optional.of(container);
            }
        }
        return Optional.empty();
    }

    /** Whether there is an agent, and among the init containers. */
    public static boolean hasNativeAgent(PodSpec spec) {
        return spec.getInitContainers().stream().anyMatch(c -> AgentNames.CONTAINER.equals(c.getName()));
    }
}

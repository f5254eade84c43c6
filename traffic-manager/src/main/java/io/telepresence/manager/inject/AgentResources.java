package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How much of a node our containers ask for. A pod whose containers are all Guaranteed stays so: there limits and requests
 * of ours are equal, of the processor too. Pure.
 *
 * @param spec without ours
 */
record AgentResources(PodSpec spec) {
    /** What the agent may use of a processor where it must have a limit, if the others may use as much. */
    private static final Quantity PROCESSOR = new Quantity("500m");

    private static final List<String> BOTH = List.of("cpu", "memory");

    /**
     * @param configured what the administrator wishes; null: nothing
     * @return null: nothing
     */
    ResourceRequirements of(ResourceRequirements configured) {
        if (!guaranteed()) {
            return configured;
        }
        ResourceRequirements some = Objects.requireNonNullElseGet(configured, ResourceRequirements::new);
        Map<String, Quantity> equal = new HashMap<>(map(some.getRequests()));
        equal.putAll(map(some.getLimits()));
        if (!map(some.getLimits()).containsKey("cpu")) {
            equal.merge("cpu", processor(), AgentResources::larger);
        }
        return equal.containsKey("memory")
                ? new ResourceRequirementsBuilder(some)
                        .withRequests(equal)
                        .withLimits(equal)
                        .build()
                : configured;
    }

    /** The same for the init container, which asks for as much as the agent where it must ask for something. */
    ResourceRequirements ofInit(ResourceRequirements configured, ResourceRequirements agent) {
        boolean none = configured == null
                || map(configured.getLimits()).isEmpty()
                        && map(configured.getRequests()).isEmpty();
        return none && guaranteed() ? of(agent) : of(configured);
    }

    /** As Kubernetes decides it: each container has both limits, and no request that differs. */
    private boolean guaranteed() {
        return all().allMatch(container -> BOTH.stream().allMatch(resource -> guaranteed(container, resource)));
    }

    private static boolean guaranteed(Container container, String resource) {
        Optional<Quantity> limit = limit(container, resource);
        Quantity request = container.getResources() == null
                ? null
                : map(container.getResources().getRequests()).get(resource);
        return limit.isPresent() && (request == null || compare(request, limit.get()) == 0);
    }

    /** Not more than the largest of the application's: a LimitRange admits that. */
    private Quantity processor() {
        return all().flatMap(container -> limit(container, "cpu").stream())
                .max(AgentResources::compare)
                .filter(largest -> compare(largest, PROCESSOR) < 0)
                .orElse(PROCESSOR);
    }

    private Stream<Container> all() {
        return Stream.concat(spec.getContainers().stream(), spec.getInitContainers().stream());
    }

    private static Optional<Quantity> limit(Container container, String resource) {
        return container.getResources() == null
                ? Optional.empty()
                : Optional.ofNullable(map(container.getResources().getLimits()).get(resource));
    }

    private static Quantity larger(Quantity a, Quantity b) {
        return compare(a, b) < 0 ? b : a;
    }

    private static int compare(Quantity a, Quantity b) {
        return Comparator.comparing(Quantity::getNumericalAmount).compare(a, b);
    }

    private static Map<String, Quantity> map(Map<String, Quantity> quantities) {
        return quantities == null ? Map.of() : quantities;
    }
}

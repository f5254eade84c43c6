package io.telepresence.manager.sidecar;

import io.telepresence.engagement.Port;
import io.telepresence.manager.cluster.WorkloadRef;
import java.util.Map;
import java.util.Set;

/** Which containers agents are to stand in for at this moment. Any thread; never blocks. */
@FunctionalInterface
public interface ReplacedContainers {
    /** Nothing is replaced anywhere. */
    ReplacedContainers NOTHING = _ -> Map.of();

    /**
     * The containers of the workload that new pods must not have, by name, each with the ports that somebody has
     * engaged, whether the container declares them or not. Empty where no container is replaced.
     */
    Map<String, Set<Port>> of(WorkloadRef workload);
}

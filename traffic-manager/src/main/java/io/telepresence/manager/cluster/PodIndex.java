package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The live pods of each workload, found once for each state of a namespace: the owners of all its pods are looked up
 * after a change, however many workloads are asked about. Any thread.
 */
final class PodIndex {
    private final ClusterStores stores;
    private final Function<Pod, Optional<WorkloadRef>> ownerOf;
    private final Map<String, Known> byNamespace = new ConcurrentHashMap<>();

    private record Known(long version, Map<WorkloadRef, List<Pod>> pods) {}

    PodIndex(ClusterStores stores, Function<Pod, Optional<WorkloadRef>> ownerOf) {
        this.stores = stores;
        this.ownerOf = ownerOf;
    }

    List<Pod> of(WorkloadRef workload) {
        String namespace = workload.namespace();
        long version = stores.ownersVersion(namespace);
        Known known = byNamespace.get(namespace);
        if (known == null || known.version() != version) {
            known = new Known(version, find(namespace));
            if (known.pods().isEmpty()) {
                byNamespace.remove(namespace);
            } else {
                byNamespace.put(namespace, known);
            }
        }
        return known.pods().getOrDefault(workload, List.of());
    }

    private Map<WorkloadRef, List<Pod>> find(String namespace) {
        Map<WorkloadRef, List<Pod>> found = new HashMap<>();
        for (Pod pod : stores.pods().in(namespace)) {
            if (Pods.alive(pod)) {
                ownerOf.apply(pod).ifPresent(owner -> found.computeIfAbsent(owner, _ -> new ArrayList<>())
                        .add(pod));
            }
        }
        found.replaceAll((_, pods) -> List.copyOf(pods));
        return found;
    }
}

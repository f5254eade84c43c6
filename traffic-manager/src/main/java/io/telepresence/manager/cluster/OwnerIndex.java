package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What belongs to what in a namespace, found once for each state of it: after a change the owners of all its pods,
 * ReplicaSets and Jobs are looked up, however many workloads are asked about and by however many. Any thread.
 */
final class OwnerIndex {
    private final ClusterStores stores;
    private final Supplier<Function<HasMetadata, Optional<WorkloadRef>>> owners;
    private final Function<String, List<Workload>> workloadsIn;
    private final Map<String, Known> byNamespace = new ConcurrentHashMap<>();

    /**
     * One state of a namespace.
     *
     * @param workloads sorted
     * @param pods live ones, by workload
     * @param makers the ReplicaSets and Jobs below each workload
     * @param replaced live pods that wait for their replacement to become ready
     */
    record Known(
            long version,
            List<Workload> workloads,
            Map<WorkloadRef, List<Pod>> pods,
            Map<WorkloadRef, List<HasMetadata>> makers,
            List<Pod> replaced) {
        List<Pod> pods(WorkloadRef workload) {
            return pods.getOrDefault(workload, List.of());
        }

        List<HasMetadata> makers(WorkloadRef workload) {
            return makers.getOrDefault(workload, List.of());
        }

        private boolean empty() {
            return workloads.isEmpty() && pods.isEmpty() && makers.isEmpty() && replaced.isEmpty();
        }
    }

    /**
     * @param owners gives, for one state, what finds the owner of an object
     * @param workloadsIn finds the workloads of a namespace, sorted
     */
    OwnerIndex(
            ClusterStores stores,
            Supplier<Function<HasMetadata, Optional<WorkloadRef>>> owners,
            Function<String, List<Workload>> workloadsIn) {
        this.stores = stores;
        this.owners = owners;
        this.workloadsIn = workloadsIn;
    }

    /** The present state. Who asks while it is found waits for it. */
    Known of(String namespace) {
        Known known = byNamespace.get(namespace);
        if (known != null && known.version() == stores.ownersVersion(namespace)) {
            return known;
        }
        List<Known> found = new ArrayList<>(1);
        byNamespace.compute(namespace, (_, before) -> {
            long version = stores.ownersVersion(namespace);
            Known now = before != null && before.version() == version ? before : find(namespace, version, before);
            found.add(now);
            return now.empty() ? null : now;
        });
        return found.getFirst();
    }

    private Known find(String namespace, long version, Known before) {
        List<Pod> alive = new ArrayList<>();
        List<Pod> replaced = new ArrayList<>();
        for (Pod pod : stores.pods().in(namespace)) {
            if (Pods.alive(pod)) {
                alive.add(pod);
                if (Pods.replaced(pod)) {
                    replaced.add(pod);
                }
            }
        }
        List<HasMetadata> makers = new ArrayList<>(stores.replicaSets().in(namespace));
        makers.addAll(stores.batch().jobs().in(namespace));
        Function<HasMetadata, Optional<WorkloadRef>> ownerOf = owners.get();
        return new Known(
                version,
                workloadsIn.apply(namespace),
                byOwner(alive, ownerOf, before == null ? Map.of() : before.pods()),
                byOwner(makers, ownerOf, Map.of()),
                List.copyOf(replaced));
    }

    /** @param before a list that would be the same is kept, so that whoever has looked at it need not again */
    private static <T extends HasMetadata> Map<WorkloadRef, List<T>> byOwner(
            List<T> objects, Function<HasMetadata, Optional<WorkloadRef>> ownerOf, Map<WorkloadRef, List<T>> before) {
        Map<WorkloadRef, List<T>> found = new HashMap<>();
        for (T object : objects) {
            Optional<WorkloadRef> owner = ownerOf.apply(object);
            if (owner.isPresent()) {
                found.computeIfAbsent(owner.get(), _ -> new ArrayList<>()).add(object);
            }
        }
        found.replaceAll((owner, owned) -> same(owned, before.get(owner)) ? before.get(owner) : List.copyOf(owned));
        return found;
    }

    private static <T> boolean same(List<T> now, List<T> before) {
        if (before == null || before.size() != now.size()) {
            return false;
        }
        for (int i = 0; i < now.size(); i++) {
            if (now.get(i) != before.get(i)) {
                return false;
            }
        }
        return true;
    }
}

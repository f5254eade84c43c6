package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The live pods of one namespace by workload. One pod after the other comes, changes and goes: what that costs grows with
 * the pod's workload, not with the namespace. One thread at a time.
 */
final class OwnedPods {
    private final Map<String, WorkloadRef> ownerOfName = new HashMap<>();
    private final Map<WorkloadRef, TreeMap<String, Pod>> byOwner = new HashMap<>();
    private final TreeMap<String, Pod> replaced = new TreeMap<>();
    private Map<WorkloadRef, List<Pod>> lists = Map.of();

    /**
     * Looks at pods of these names, which may have come, changed or gone.
     *
     * @param find gives the pod of a name; empty: it has gone
     */
    void look(
            Collection<String> names,
            Function<String, Optional<Pod>> find,
            Function<Pod, Optional<WorkloadRef>> ownerOf) {
        Set<WorkloadRef> changed = new HashSet<>();
        for (String name : names) {
            Optional<Pod> alive = find.apply(name).filter(Pods::alive);
            put(name, alive, alive.flatMap(ownerOf), changed);
        }
        if (!changed.isEmpty()) {
            lists = listed(changed);
        }
    }

    /** Of all pods that it knows. */
    Set<String> names() {
        Set<String> names = new HashSet<>(ownerOfName.keySet());
        names.addAll(replaced.keySet());
        return names;
    }

    /** Sorted by name. Neither map nor lists ever change; of a workload whose pods are the same it stays the same list. */
    Map<WorkloadRef, List<Pod>> lists() {
        return lists;
    }

    /** Those that wait for their replacement to become ready, sorted by name. */
    List<Pod> replaced() {
        return List.copyOf(replaced.values());
    }

    private void put(String name, Optional<Pod> pod, Optional<WorkloadRef> owner, Set<WorkloadRef> changed) {
        WorkloadRef before = owner.isPresent() ? ownerOfName.put(name, owner.get()) : ownerOfName.remove(name);
        if (before != null && !before.equals(owner.orElse(null))) {
            byOwner.get(before).remove(name);
            changed.add(before);
        }
        if (owner.isPresent()
                && byOwner.computeIfAbsent(owner.get(), _ -> new TreeMap<>()).put(name, pod.orElseThrow())
                        != pod.orElseThrow()) {
            changed.add(owner.get());
        }
        if (pod.filter(Pods::replaced).isPresent()) {
            replaced.put(name, pod.orElseThrow());
        } else {
            replaced.remove(name);
        }
    }

    private Map<WorkloadRef, List<Pod>> listed(Set<WorkloadRef> changed) {
        Map<WorkloadRef, List<Pod>> next = new HashMap<>(lists);
        for (WorkloadRef owner : changed) {
            if (byOwner.get(owner).isEmpty()) {
                byOwner.remove(owner);
                next.remove(owner);
            } else {
                next.put(owner, List.copyOf(byOwner.get(owner).values()));
            }
        }
        return next;
    }
}

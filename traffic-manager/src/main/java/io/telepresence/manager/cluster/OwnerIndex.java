package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.manager.watch.ClusterStores;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What belongs to what in a namespace, found once for each state of it, however many workloads are asked about and by
 * however many. After a change of pods these alone are looked at; all of them are where a workload or what stands between
 * has come or gone. Any thread.
 */
final class OwnerIndex {
    private final ClusterStores stores;
    private final Supplier<Function<HasMetadata, Optional<WorkloadRef>>> owners;
    private final Function<String, List<KubernetesWorkload>> workloadsIn;
    private final Map<String, Space> byNamespace = new ConcurrentHashMap<>();

    /** Of the namespaces that are known: which pods have changed since they were looked at. */
    private final Map<String, Changes> changes = new ConcurrentHashMap<>();

    /**
     * @param owners gives, for one state, what finds the owner of an object
     * @param workloadsIn finds the workloads of a namespace, sorted
     */
    OwnerIndex(
            ClusterStores stores,
            Supplier<Function<HasMetadata, Optional<WorkloadRef>>> owners,
            Function<String, List<KubernetesWorkload>> workloadsIn) {
        this.stores = stores;
        this.owners = owners;
        this.workloadsIn = workloadsIn;
        stores.pods().follow(this::changed);
    }

    /**
     * One state of a namespace.
     *
     * @param workloads sorted
     * @param pods live ones, by workload
     * @param makers the ReplicaSets and Jobs below each workload
     * @param replaced live pods that wait for their replacement to become ready
     */
    record Known(
            List<KubernetesWorkload> workloads,
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

    /** Versions as of {@link ClusterStores}. */
    private record Versions(long pods, long owners) {}

    /** Names of pods. Nobody may ask for a long time, so there are at most so many, and then it is all. */
    private static final class Changes {
        private static final int MOST = 1000;
        private final Set<String> names = new HashSet<>();
        private boolean all;

        void add(String name) {
            all |= names.size() >= MOST;
            if (all) {
                names.clear();
            } else {
                names.add(name);
            }
        }
    }

    /**
     * A state, and what finds the next one.
     *
     * @param shape all that says who a pod belongs to, but for the pod itself
     * @param owned only touched by who makes the next one
     */
    private record Space(Versions versions, Set<Owning> shape, OwnedPods owned, Known known) {}

    /** That an object is there, and the one above it. */
    private record Owning(String kind, String name, Optional<OwnerReference> controller) {}

    private void changed(Pod before, Pod now) {
        ObjectMeta pod = (now == null ? before : now).getMetadata();
        changes.computeIfPresent(pod.getNamespace(), (_, names) -> {
            names.add(pod.getName());
            return names;
        });
    }

    /** The present state. Who asks while it is found waits for it. */
    Known of(String namespace) {
        Space space = byNamespace.get(namespace);
        if (space != null && space.versions().equals(versions(namespace))) {
            return space.known();
        }
        List<Known> found = new ArrayList<>(1);
        byNamespace.compute(namespace, (_, before) -> {
            Space now = next(namespace, before);
            found.add(now.known());
            if (now.known().empty()) {
                changes.remove(namespace);
                return null;
            }
            return now;
        });
        return found.getFirst();
    }

    private Versions versions(String namespace) {
        return new Versions(stores.pods().version(namespace), stores.ownersVersion(namespace));
    }

    /** The versions are asked for first: what changes meanwhile is found again. */
    private Space next(String namespace, Space before) {
        Versions versions = versions(namespace);
        if (before != null && before.versions().equals(versions)) {
            return before;
        }
        Changes changed = changes.put(namespace, new Changes());
        Function<HasMetadata, Optional<WorkloadRef>> ownerOf = owners.get();
        OwnedPods owned = before == null ? new OwnedPods() : before.owned();
        boolean sameOwners = before != null && before.versions().owners() == versions.owners();
        List<HasMetadata> makers = sameOwners ? List.of() : stores.makers(namespace);
        Set<Owning> shape = sameOwners ? before.shape() : shape(makers, stores.tops(namespace));
        boolean all = before == null || changed.all || !before.shape().equals(shape);
        owned.look(
                all ? all(namespace, owned) : changed.names,
                name -> stores.pods().get(namespace, name),
                ownerOf::apply);
        Known known = new Known(
                sameOwners ? before.known().workloads() : workloadsIn.apply(namespace),
                owned.lists(),
                sameOwners ? before.known().makers() : byOwner(makers, ownerOf),
                owned.replaced());
        return new Space(versions, shape, owned, known);
    }

    /** Those that are there, and those that were. */
    private Set<String> all(String namespace, OwnedPods owned) {
        Set<String> names = owned.names();
        stores.pods().in(namespace).forEach(pod -> names.add(pod.getMetadata().getName()));
        return names;
    }

    private static Set<Owning> shape(List<HasMetadata> makers, List<HasMetadata> tops) {
        Set<Owning> shape = new HashSet<>();
        for (List<HasMetadata> some : List.of(makers, tops)) {
            some.forEach(object -> shape.add(
                    new Owning(object.getKind(), object.getMetadata().getName(), Workloads.controller(object))));
        }
        return shape;
    }

    private static Map<WorkloadRef, List<HasMetadata>> byOwner(
            List<HasMetadata> objects, Function<HasMetadata, Optional<WorkloadRef>> ownerOf) {
        Map<WorkloadRef, List<HasMetadata>> found = new HashMap<>();
        for (HasMetadata object : objects) {
            ownerOf.apply(object).ifPresent(owner -> found.computeIfAbsent(owner, _ -> new ArrayList<>())
                    .add(object));
        }
        found.replaceAll((_, owned) -> List.copyOf(owned));
        return found;
    }
}

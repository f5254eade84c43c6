package io.telepresence.manager.rollout;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the workload behind a pod. What a ReplicaSet or Job belongs to is asked of the API server once and kept, so it is
 * known even for one that no watch has shown yet. Thread-safe; blocks for one API call at most.
 */
public final class PodOwners {
    private static final int MOST = 2000;

    private final KubernetesClient client;
    private final Set<String> kinds;
    private final Map<Key, Optional<OwnerReference>> parents = new LinkedHashMap<>();

    /** A pod's author can write any name and any uid: only together they are looked up, kept and found again. */
    private record Key(String kind, String namespace, String name, String uid) {}

    /** @param kinds of workloads that are enabled */
    public PodOwners(KubernetesClient client, Set<String> kinds) {
        this.client = client;
        this.kinds = kinds;
    }

    /**
     * Empty where the pod is owned by nothing or by a kind that is not enabled. A ReplicaSet or Job whose own owner is of
     * a kind that is not enabled counts for itself.
     */
    public Optional<PodOwner> of(ObjectMeta pod, String namespace) {
        return Pods.controller(pod.getOwnerReferences()).flatMap(owner -> {
            if (between(owner)) {
                Optional<OwnerReference> parent = parent(owner, namespace).filter(p -> kinds.contains(p.getKind()));
                return enabled(parent.orElse(owner), namespace);
            }
            return enabled(owner, namespace);
        });
    }

    /** A Job is asked about only where the manager may read Jobs. */
    private boolean between(OwnerReference owner) {
        return Workloads.groupKnown(owner)
                && (owner.getKind().equals(Workloads.REPLICA_SET)
                        || owner.getKind().equals(Workloads.JOB) && kinds.contains(Workloads.JOB));
    }

    private Optional<PodOwner> enabled(OwnerReference owner, String namespace) {
        return kinds.contains(owner.getKind()) && Workloads.groupKnown(owner)
                ? Optional.of(
                        new PodOwner(new WorkloadRef(owner.getKind(), namespace, owner.getName()), owner.getUid()))
                : Optional.empty();
    }

    private Optional<OwnerReference> parent(OwnerReference owner, String namespace) {
        Key key = new Key(owner.getKind(), namespace, owner.getName(), owner.getUid());
        synchronized (parents) {
            Optional<OwnerReference> known = parents.get(key);
            if (known != null) {
                return known;
            }
        }
        HasMetadata found = owner.getKind().equals(Workloads.JOB)
                ? client.batch()
                        .v1()
                        .jobs()
                        .inNamespace(namespace)
                        .withName(owner.getName())
                        .get()
                : client.apps()
                        .replicaSets()
                        .inNamespace(namespace)
                        .withName(owner.getName())
                        .get();
        if (found == null || !owner.getUid().equals(found.getMetadata().getUid())) {
            return Optional.empty();
        }
        Optional<OwnerReference> parent = Pods.controller(found.getMetadata().getOwnerReferences());
        remember(key, parent);
        return parent;
    }

    private void remember(Key key, Optional<OwnerReference> parent) {
        synchronized (parents) {
            parents.put(key, parent);
            if (parents.size() > MOST) {
                parents.remove(parents.keySet().iterator().next());
            }
        }
    }
}

package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.manager.cluster.WorkloadRef;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the workload behind a pod. What a ReplicaSet belongs to is asked of the API server once and kept, so it is
 * known even for a ReplicaSet that no watch has shown yet. Thread-safe; blocks for one API call at most.
 */
final class Owners {
    private static final int MOST = 2000;

    private final KubernetesClient client;
    private final Set<String> kinds;
    private final Map<String, Optional<OwnerReference>> parents = new LinkedHashMap<>();

    /** @param kinds of workloads that are enabled */
    Owners(KubernetesClient client, Set<String> kinds) {
        this.client = client;
        this.kinds = kinds;
    }

    /**
     * Empty where the pod is owned by nothing or by a kind that is not enabled. A ReplicaSet whose own owner is of a
     * kind that is not enabled counts for itself.
     */
    Optional<WorkloadRef> of(ObjectMeta pod, String namespace) {
        return Pods.controller(pod.getOwnerReferences()).flatMap(owner -> {
            if (owner.getKind().equals("ReplicaSet")) {
                Optional<OwnerReference> parent = parent(owner, namespace).filter(p -> kinds.contains(p.getKind()));
                return enabled(parent.orElse(owner), namespace);
            }
            return enabled(owner, namespace);
        });
    }

    private Optional<WorkloadRef> enabled(OwnerReference owner, String namespace) {
        return kinds.contains(owner.getKind()) && owner.getApiVersion().startsWith("apps/")
                ? Optional.of(new WorkloadRef(owner.getKind(), namespace, owner.getName()))
                : Optional.empty();
    }

    private Optional<OwnerReference> parent(OwnerReference replicaSet, String namespace) {
        synchronized (parents) {
            Optional<OwnerReference> known = parents.get(replicaSet.getUid());
            if (known != null) {
                return known;
            }
        }
        ReplicaSet found = client.apps()
                .replicaSets()
                .inNamespace(namespace)
                .withName(replicaSet.getName())
                .get();
        if (found == null) {
            return Optional.empty();
        }
        Optional<OwnerReference> parent = Pods.controller(found.getMetadata().getOwnerReferences());
        remember(replicaSet.getUid(), parent);
        return parent;
    }

    private void remember(String uid, Optional<OwnerReference> parent) {
        synchronized (parents) {
            parents.put(uid, parent);
            if (parents.size() > MOST) {
                parents.remove(parents.keySet().iterator().next());
            }
        }
    }
}

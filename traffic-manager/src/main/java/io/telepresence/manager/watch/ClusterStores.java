package io.telepresence.manager.watch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.telepresence.run.Closers;
import java.util.ArrayList;
import java.util.List;

/**
 * All that is watched, one store per kind. Objects are trimmed: pods have no volumes and no managed fields, ReplicaSets
 * of a Deployment no template. Nodes are empty where they may not be listed.
 */
public record ClusterStores(
        Store<Namespace> namespaces,
        Store<Node> nodes,
        Store<Service> services,
        Store<Pod> pods,
        Store<Deployment> deployments,
        Store<ReplicaSet> replicaSets,
        Store<StatefulSet> statefulSets,
        BatchStores batch) {

    /** As {@link Store#version}, of everything but the pods that says which pods belong to which workload. */
    public long ownersVersion(String namespace) {
        return deployments.version(namespace)
                + replicaSets.version(namespace)
                + statefulSets.version(namespace)
                + batch.jobs().version(namespace)
                + batch.cronJobs().version(namespace);
    }

    /** What may stand between a workload and its pods. */
    public List<HasMetadata> makers(String namespace) {
        return joined(replicaSets.in(namespace), batch.jobs().in(namespace));
    }

    /** What nothing that is watched can own. */
    public List<HasMetadata> tops(String namespace) {
        return joined(
                deployments.in(namespace),
                statefulSets.in(namespace),
                batch.cronJobs().in(namespace));
    }

    @SafeVarargs
    private static List<HasMetadata> joined(List<? extends HasMetadata>... some) {
        List<HasMetadata> all = new ArrayList<>();
        for (List<? extends HasMetadata> one : some) {
            all.addAll(one);
        }
        return all;
    }

    /** Calls {@code changed} after each change of anything. */
    public AutoCloseable watchAll(Runnable changed) {
        Closers watches = new Closers();
        for (Store<?> store : List.of(namespaces, nodes, services, pods, deployments, replicaSets, statefulSets)) {
            watches.add(store.watch(changed));
        }
        watches.add(batch.jobs().watch(changed));
        watches.add(batch.cronJobs().watch(changed));
        return watches;
    }
}

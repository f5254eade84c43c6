package io.telepresence.manager.cluster;

import java.util.Objects;

/**
 * Names a workload. Kinds differ even where names do not: a ReplicaSet may be called like its Deployment.
 *
 * @param kind Deployment, ReplicaSet, StatefulSet, Job or CronJob
 */
public record WorkloadRef(String kind, String namespace, String name) {
    public WorkloadRef {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(namespace);
        Objects.requireNonNull(name);
    }

    /** Whether its pods come to an end by themselves. Such pods are never replaced by others. */
    public boolean batch() {
        return kind.equals(Workloads.JOB) || kind.equals(Workloads.CRON_JOB);
    }

    /** By hand, as {@link #hashCode}: every pod of the cluster is looked up by this after every change. */
    @Override
    public boolean equals(Object other) {
        return this == other
                || other instanceof WorkloadRef ref
                        && name.equals(ref.name)
                        && namespace.equals(ref.namespace)
                        && kind.equals(ref.kind);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * name.hashCode() + namespace.hashCode()) + kind.hashCode();
    }

    /** As messages name it: {@code Deployment echo.default}. */
    @Override
    public String toString() {
        return kind + " " + name + "." + namespace;
    }
}

package io.telepresence.manager.cluster;

import java.util.Objects;

/**
 * Names a workload. Kinds differ even where names do not: a ReplicaSet may be called like its Deployment.
 *
 * @param kind Deployment, ReplicaSet or StatefulSet
 */
public record WorkloadRef(String kind, String namespace, String name) {
    public WorkloadRef {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(namespace);
        Objects.requireNonNull(name);
    }

    /** As messages name it: {@code Deployment echo.default}. */
    @Override
    public String toString() {
        return kind + " " + name + "." + namespace;
    }
}

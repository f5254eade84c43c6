package io.telepresence.manager.rollout;

import io.telepresence.manager.cluster.WorkloadRef;

/**
 * The workload behind a pod.
 *
 * @param uid by which it differs from one of the same name that was there before
 */
public record PodOwner(WorkloadRef workload, String uid) {}

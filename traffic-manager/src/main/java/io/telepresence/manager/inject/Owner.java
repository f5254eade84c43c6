package io.telepresence.manager.inject;

import io.telepresence.manager.cluster.WorkloadRef;

/**
 * The workload behind a pod.
 *
 * @param uid by which it differs from one of the same name that was there before
 */
record Owner(WorkloadRef workload, String uid) {}

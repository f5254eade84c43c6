package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.manager.cluster.WorkloadRef;
import java.util.List;
import java.util.Optional;

/**
 * What the replacement of pods needs of the cluster. Calls block; a pod that has gone meanwhile is no error anywhere.
 * Pods are told apart by uid, so nothing is ever done to a later pod of the same name.
 */
interface WorkloadPods {
    /**
     * @param desired how many pods the workload is to have
     * @param looseLabel a label by which a pod can leave its controller and yet stay in its Services; empty where there
     *     is none or where the workload does not want a surplus pod
     */
    record Shape(int desired, Optional<String> looseLabel) {}

    /** Empty when there is no such workload (any more). */
    Optional<Shape> shape(WorkloadRef workload);

    /** The pods that the workload owns now and that are not about to go. */
    List<Pod> pods(WorkloadRef workload);

    /** Makes the pod leave its controller, which then makes another; the pod stays in its Services. */
    void orphan(Pod pod, WorkloadRef workload, String looseLabel);

    /** Undoes {@link #orphan}: the controller adopts the pod again. */
    void readopt(Pod pod);

    /** Takes an orphan out of its Services, waits until proxies know, and deletes it with its own grace. */
    void retire(Pod pod) throws InterruptedException;

    /** Writes into the pod whether its agent is to go, for the manager that comes after this one. */
    void dismiss(Pod pod, boolean dismissed);

    /** @return false while a disruption budget forbids it */
    boolean evict(Pod pod);

    /** As the workload's own rolling update does it: without asking a disruption budget. */
    void delete(Pod pod);
}

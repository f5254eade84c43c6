package io.telepresence.manager.rollout;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.manager.cluster.WorkloadRef;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the replacement of pods needs of the cluster. Calls block; a pod that has gone meanwhile is no error anywhere.
 * Pods are told apart by uid, so nothing is ever done to a later pod of the same name. No pod goes but by eviction.
 */
public interface WorkloadPods {
    /**
     * @param desired how many pods the workload is to have
     * @param looseLabel a label by which a pod can leave its controller and yet stay in its Services; empty where there
     *     is none
     * @param strategy how many may come and go at a time
     * @param stateful for a StatefulSet
     */
    record Shape(int desired, Optional<String> looseLabel, UpdateStrategy strategy, StatefulSetRules stateful) {
        /** How many pods may leave their controller at a time; zero: they are replaced in place. */
        int surge() {
            return looseLabel.isPresent() ? strategy.surge() : 0;
        }
    }

    /** Empty when there is no such workload (any more). */
    Optional<Shape> shape(WorkloadRef workload);

    /** The pods that the workload owns now and that are not about to go. */
    List<Pod> pods(WorkloadRef workload);

    /** Whether that pod has not ended yet. */
    boolean there(Pod pod);

    /**
     * What keeps new pods from coming up; empty while nothing is known.
     *
     * @param newcomers those that have been made
     * @param since older events do not count
     */
    Optional<PodHitch> hitch(WorkloadRef workload, List<Pod> newcomers, Instant since);

    /** Makes the pod leave its controller, which then makes another; the pod stays in its Services. */
    void orphan(Pod pod, WorkloadRef workload, String looseLabel);

    /** Undoes {@link #orphan}: the controller adopts the pod again. */
    void readopt(Pod pod);

    /** Takes an orphan out of its Services, waits until proxies know, and evicts it with its own grace. */
    void retire(Pod pod) throws InterruptedException;

    /** Writes into the pod whether its agent is to go, for the manager that comes after this one. */
    void dismiss(Pod pod, boolean dismissed);

    /** To be called before the eviction of a pod: no new one of the workload begins before that pod has ended. */
    void ending(Pod pod, WorkloadRef workload);

    /** @return empty: it goes; else the disruption budget that forbids it now, as a sentence */
    Optional<String> evict(Pod pod);
}

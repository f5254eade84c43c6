package io.telepresence.manager.rollout;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the agents out of a workload of strategy Recreate, before the traffic-manager goes: its webhook is needed once more,
 * to make the new pods wait ({@link PodTurns}) and to leave agents out of them. Blocks.
 */
public record RecreateRemoval(WorkloadPods cluster, PodRollout.Limits limits, PodTurns.Waiters waiters) {
    private static final Logger LOG = LoggerFactory.getLogger(RecreateRemoval.class);

    /** So long after the mark a traffic-manager knows of it. */
    private static final int LOOKS_TO_KNOW = 8;

    public boolean concerns(WorkloadRef workload) {
        return cluster.shape(workload)
                .filter(shape -> shape.strategy().recreates())
                .isPresent();
    }

    /** Returns when the new pods are there, waiting; or no pod may go, or none comes in time. All go together, as in a rollout. */
    public void begin(WorkloadRef workload) throws InterruptedException {
        List<Pod> old = cluster.pods(workload).stream().filter(Pods::hasAgent).toList();
        for (Pod pod : old) {
            cluster.dismiss(pod, true);
            cluster.ending(pod, workload);
        }
        Thread.sleep(limits.pause().multipliedBy(LOOKS_TO_KNOW));
        long until = System.nanoTime() + limits.budget().toNanos();
        List<Pod> stay = new ArrayList<>(old);
        while (!evicted(stay) && System.nanoTime() < until) {
            Thread.sleep(limits.pause());
        }
        LOG.info("{} of {} pods of {} go", old.size() - stay.size(), old.size(), workload);
        while (!complete(workload) && System.nanoTime() < until) {
            Thread.sleep(limits.pause());
        }
    }

    /** Takes those out of the list that go; true if none is left. */
    private boolean evicted(List<Pod> stay) {
        stay.removeIf(pod -> cluster.evict(pod).isEmpty());
        return stay.isEmpty();
    }

    private boolean complete(WorkloadRef workload) {
        return cluster.shape(workload)
                .filter(shape -> cluster.pods(workload).size() < shape.desired())
                .isEmpty();
    }

    /**
     * Returns when none of its pods waits any more.
     *
     * @param limit those that wait then are let go: nobody will do it later
     */
    public void end(WorkloadRef workload, Duration limit) throws InterruptedException {
        long until = System.nanoTime() + limit.toNanos();
        List<Pod> waiting = waiting(workload);
        while (!waiting.isEmpty() && System.nanoTime() < until) {
            Thread.sleep(limits.pause());
            waiting = waiting(workload);
        }
        waiting.forEach(waiters::release);
    }

    private List<Pod> waiting(WorkloadRef workload) {
        return cluster.pods(workload).stream()
                .filter(pod -> Pods.annotations(pod).containsKey(AgentNames.WAITING))
                .toList();
    }
}

package io.telepresence.manager.rollout;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.rollout.WorkloadPods.Shape;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for the pods that come in place of others. What is compared with is the workload as it was when this was made,
 * but never more than its author wishes now: it may be scaled meanwhile, by people and by autoscalers, and pods that
 * were not ready before need not become so. For one thread; blocks.
 */
final class SuccessorPods {
    private static final Logger LOG = LoggerFactory.getLogger(SuccessorPods.class);

    /** Why pods do not come is asked with every fourth look at them only: it costs more calls. */
    private static final int LOOKS_APART = 4;

    /** A controller's clock and ours may differ. */
    private static final Duration SKEW = Duration.ofSeconds(2);

    private final WorkloadPods cluster;
    private final PodRollout.Limits limits;
    private final PodRollout.Task task;
    private final Before before;
    private final Since since = new Since();

    /** By System.nanoTime; zero: it is not so. */
    private static final class Since {
        long hitch;
        long complete;
        int looks;
    }

    private record Before(Set<String> uids, long ready, Instant when) {}

    private SuccessorPods(WorkloadPods cluster, PodRollout.Limits limits, PodRollout.Task task, Before before) {
        this.cluster = cluster;
        this.limits = limits;
        this.task = task;
        this.before = before;
    }

    /** To be made before the first pod is touched. */
    static SuccessorPods of(WorkloadPods cluster, PodRollout.Limits limits, PodRollout.Task task) {
        List<Pod> pods = cluster.pods(task.workload());
        Before before = new Before(
                PodRollout.uids(pods),
                pods.stream().filter(Pods::ready).count(),
                Instant.now().minus(SKEW));
        return new SuccessorPods(cluster, limits, task, before);
    }

    /**
     * Blocks until as many pods are there, and ready, as before; or the workload is gone.
     *
     * @param failure what to say when the time is over
     * @param gone whether the pods have left that must, before new ones count
     * @param free whether all pods have left that may hold what new ones wait for
     * @return what keeps new pods from coming; empty: they have come
     * @throws FaultException a new pod is not as it must be, or the time is over
     */
    Optional<PodHitch> await(String failure, BooleanSupplier gone, BooleanSupplier free)
            throws FaultException, InterruptedException {
        long until = System.nanoTime() + limits.ready().toNanos();
        since.hitch = 0;
        since.complete = 0;
        while (true) {
            try {
                List<Pod> now = cluster.pods(task.workload());
                List<Pod> newcomers = newcomers(now);
                if (newcomers.stream().anyMatch(task.wanted().negate())) {
                    throw task.unwanted().exception();
                }
                Shape shape = cluster.shape(task.workload()).orElse(null);
                if (shape == null || gone.getAsBoolean() && settled(shape.desired(), now, newcomers)) {
                    return Optional.empty();
                }
                Optional<PodHitch> hitch = lasting(newcomers, free);
                if (hitch.isPresent()) {
                    return hitch;
                }
            } catch (KubernetesClientException e) {
                LOG.info("the API server does not answer: looking at {} again", task.workload(), e);
            }
            if (System.nanoTime() > until) {
                throw Fault.unreachable(
                                failure + " within " + limits.ready().toSeconds() + " s for " + task.workload(), "")
                        .exception();
            }
            Thread.sleep(limits.pause());
        }
    }

    /** Blocks until the controller has taken back those that it made beside the wished ones, or the time is over. */
    void awaitNoneBeside() throws InterruptedException {
        long until = System.nanoTime() + limits.place().toNanos();
        while (System.nanoTime() < until) {
            try {
                Optional<Shape> shape = cluster.shape(task.workload());
                if (shape.isEmpty()
                        || cluster.pods(task.workload()).size() <= shape.get().desired()) {
                    return;
                }
            } catch (KubernetesClientException e) {
                LOG.info("the API server does not answer: looking at {} again", task.workload(), e);
            }
            Thread.sleep(limits.pause());
        }
    }

    /** Those that stand for pods that were not ready are given some time to do better. */
    private boolean settled(int desired, List<Pod> now, List<Pod> newcomers) {
        boolean complete = now.size() >= Math.min(desired, before.uids().size())
                && now.stream().filter(Pods::ready).count() >= Math.min(desired, before.ready());
        since.complete = complete ? since(since.complete) : 0;
        return complete && (newcomers.stream().allMatch(Pods::ready) || passed(since.complete, limits.budget()));
    }

    /** A pod that is refused will be refused again; one without a place is given some time. */
    private Optional<PodHitch> lasting(List<Pod> newcomers, BooleanSupplier free) {
        if (since.looks++ % LOOKS_APART != 0) {
            return Optional.empty();
        }
        Optional<PodHitch> hitch = cluster.hitch(task.workload(), newcomers, before.when());
        since.hitch = hitch.isPresent() && free.getAsBoolean() ? since(since.hitch) : 0;
        return hitch.filter(h -> since.hitch != 0 && (h.refused() && !h.room() || passed(since.hitch, limits.place())));
    }

    private static long since(long before) {
        return before == 0 ? System.nanoTime() : before;
    }

    private static boolean passed(long since, Duration limit) {
        return System.nanoTime() - since >= limit.toNanos();
    }

    private List<Pod> newcomers(List<Pod> now) {
        return now.stream()
                .filter(pod -> !before.uids().contains(pod.getMetadata().getUid()))
                .toList();
    }
}

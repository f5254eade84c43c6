package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces the pods of one workload without a failed request where its kind allows it: a pod is orphaned, its
 * controller makes a new one, and once that is ready the old one leaves its Services and goes. If no new pod becomes
 * ready, the old ones are given back and nothing is lost. A StatefulSet's pods are evicted one at a time. Blocks; one
 * thread per workload. It survives the manager's death: see {@link ReplacedPods}.
 */
final class AgentRollout {
    private static final Logger LOG = LoggerFactory.getLogger(AgentRollout.class);

    /** At least so many pods are replaced at a time, or a quarter of the workload if that is more. */
    private static final int TOGETHER = 2;

    private static final int MOST_TOGETHER = 10;

    /**
     * How long things may take.
     *
     * @param ready until new pods are ready
     * @param budget until a disruption budget is passed over, as a rolling update does it
     * @param pause between two looks at the cluster
     */
    record Limits(Duration ready, Duration budget, Duration pause) {
        static Limits of(Duration agentArrival) {
            Duration ready = agentArrival.multipliedBy(4);
            return new Limits(ready, Duration.ofSeconds(10), Duration.ofMillis(250));
        }
    }

    /**
     * What is to be done.
     *
     * @param upToDate true for a pod that may stay
     * @param wanted true for a pod as new ones must be; if one is not, the roll ends
     * @param unwanted what to say of such a pod
     * @param progress gets sentences for a waiting user; any thread
     */
    record Task(
            WorkloadRef workload,
            Predicate<Pod> upToDate,
            Predicate<Pod> wanted,
            Fault unwanted,
            Consumer<String> progress) {

        /** All agents go. */
        static Task removal(WorkloadRef workload, Consumer<String> progress) {
            Predicate<Pod> bare = pod -> !Pods.hasAgent(pod);
            Fault again = Fault.user("a new pod of " + workload + " got an agent again", "");
            return new Task(workload, bare, bare, again, progress);
        }
    }

    private final WorkloadPods cluster;
    private final Limits limits;

    AgentRollout(WorkloadPods cluster, Limits limits) {
        this.cluster = cluster;
        this.limits = limits;
    }

    /**
     * Returns when every pod that was there at the start and not up to date has been replaced.
     *
     * @param started run once the first replacement has been asked for, or there is nothing to do
     */
    void roll(Task task, Runnable started) throws FaultException, InterruptedException {
        List<Pod> old = new ArrayList<>(cluster.pods(task.workload()).stream()
                .filter(task.upToDate().negate())
                .sorted(Comparator.comparing(Pods::ready))
                .toList());
        List<Thread> leaving = new ArrayList<>();
        try {
            while (!old.isEmpty()) {
                WorkloadPods.Shape shape = cluster.shape(task.workload()).orElse(null);
                if (shape == null) {
                    return;
                }
                if (shape.looseLabel().isPresent()) {
                    int count = Math.min(old.size(), together(shape.desired()));
                    List<Pod> batch = new ArrayList<>(old.subList(0, count));
                    old.removeAll(batch);
                    surge(task, shape, batch, started);
                    batch.forEach(pod -> leaving.add(retire(pod)));
                } else {
                    replaceInPlace(task, old.removeFirst(), shape, started);
                }
            }
            started.run();
        } finally {
            for (Thread thread : leaving) {
                thread.join();
            }
        }
    }

    /** What is to become of the agents is written into their pods: this manager may end before they are gone. */
    void mark(WorkloadRef workload, boolean dismissed) {
        cluster.pods(workload).stream()
                .filter(pod -> Pods.hasAgent(pod) && Pods.dismissed(pod) != dismissed)
                .forEach(pod -> cluster.dismiss(pod, dismissed));
    }

    /** New pods first, then the old ones may go; if there are no new ones in time, the old ones stay. */
    private void surge(Task task, WorkloadPods.Shape shape, List<Pod> batch, Runnable started)
            throws FaultException, InterruptedException {
        Set<String> known = uids(cluster.pods(task.workload()));
        long before = readyOnes(task);
        batch.forEach(
                pod -> cluster.orphan(pod, task.workload(), shape.looseLabel().orElseThrow()));
        task.progress().accept("Replacing " + names(batch) + " of " + task.workload());
        started.run();
        long target = Math.min(shape.desired(), before + batch.size());
        try {
            await(task, known, "no new pod became ready", () -> readyOnes(task) >= target);
        } catch (FaultException | InterruptedException | RuntimeException e) {
            LOG.warn("{} get their controller back: {}", names(batch), e.getMessage());
            for (Pod pod : batch) {
                insist(() -> cluster.readopt(pod));
            }
            throw e;
        }
    }

    private void replaceInPlace(Task task, Pod pod, WorkloadPods.Shape shape, Runnable started)
            throws FaultException, InterruptedException {
        Set<String> known = uids(cluster.pods(task.workload()));
        boolean[] gone = {cluster.evict(pod)};
        task.progress().accept("Replacing " + names(List.of(pod)) + " of " + task.workload());
        started.run();
        long until = System.nanoTime() + limits.budget().toNanos();
        while (!gone[0]) {
            Thread.sleep(limits.pause());
            gone[0] = cluster.evict(pod);
            if (!gone[0] && System.nanoTime() > until) {
                LOG.info(
                        "a disruption budget forbids the eviction of {}: deleted as a rolling update does",
                        names(List.of(pod)));
                cluster.delete(pod);
                gone[0] = true;
            }
        }
        String uid = pod.getMetadata().getUid();
        await(task, known, "its successor did not become ready", () -> {
            List<Pod> now = cluster.pods(task.workload());
            return !uids(now).contains(uid) && now.stream().filter(Pods::ready).count() >= shape.desired();
        });
    }

    private void await(Task task, Set<String> known, String failure, BooleanSupplier done)
            throws FaultException, InterruptedException {
        long until = System.nanoTime() + limits.ready().toNanos();
        while (true) {
            try {
                if (done.getAsBoolean() || cluster.shape(task.workload()).isEmpty()) {
                    return;
                }
                checkNewOnes(task, known);
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

    private void checkNewOnes(Task task, Set<String> known) throws FaultException {
        for (Pod pod : cluster.pods(task.workload())) {
            if (!known.contains(pod.getMetadata().getUid()) && !task.wanted().test(pod)) {
                throw task.unwanted().exception();
            }
        }
    }

    private interface Step {
        void run() throws InterruptedException;
    }

    /** Takes the step, if need be again and again while the API server is away; what is never done waits for a start. */
    private void insist(Step step) throws InterruptedException {
        long until = System.nanoTime() + limits.ready().toNanos();
        while (true) {
            try {
                step.run();
                return;
            } catch (KubernetesClientException e) {
                if (System.nanoTime() > until) {
                    LOG.warn("given up; the next start of the traffic-manager tries again", e);
                    return;
                }
                Thread.sleep(limits.pause().multipliedBy(4));
            }
        }
    }

    private long readyOnes(Task task) {
        return cluster.pods(task.workload()).stream()
                .filter(Pods::ready)
                .filter(task.wanted())
                .count();
    }

    private Thread retire(Pod pod) {
        return Threads.virtual("retire-" + pod.getMetadata().getName(), () -> {
            try {
                insist(() -> cluster.retire(pod));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static int together(int desired) {
        return Math.clamp(desired / 4, TOGETHER, MOST_TOGETHER);
    }

    private static Set<String> uids(List<Pod> pods) {
        Set<String> uids = new HashSet<>();
        pods.forEach(pod -> uids.add(pod.getMetadata().getUid()));
        return uids;
    }

    private static String names(List<Pod> pods) {
        return String.join(
                ", ", pods.stream().map(p -> p.getMetadata().getName()).toList());
    }
}

package io.telepresence.manager.rollout;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.rollout.WorkloadPods.Shape;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces the pods of one workload as its own strategy would. Where that lets pods be there beside the wished ones, no
 * request fails: a pod is orphaned, its controller makes a new one, and once that is ready the old one leaves its Services
 * and goes. If no new pod becomes ready, the old ones are given back and nothing is lost. Else pods are evicted one at a
 * time. Blocks; one thread per workload. It survives the manager's death: see {@link OrphanedPods}.
 */
public final class PodRollout {
    private static final Logger LOG = LoggerFactory.getLogger(PodRollout.class);

    /**
     * How long things may take.
     *
     * @param ready until new pods are ready
     * @param budget until a disruption budget, or a pod that has to be ready first, ends the roll
     * @param place until a new pod for which there is no place ends the roll
     * @param pause between two looks at the cluster
     */
    public record Limits(Duration ready, Duration budget, Duration place, Duration pause) {
        public static Limits of(Duration agentArrival) {
            Duration ready = agentArrival.multipliedBy(4);
            return new Limits(ready, Duration.ofSeconds(10), Duration.ofSeconds(8), Duration.ofMillis(250));
        }

        /** The same for new pods that begin after that time only. */
        Limits after(Duration end) {
            return new Limits(ready.plus(end), budget, place, pause);
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
    public record Task(
            WorkloadRef workload,
            Predicate<Pod> upToDate,
            Predicate<Pod> wanted,
            Fault unwanted,
            Consumer<String> progress) {

        /** All agents go. */
        public static Task removal(WorkloadRef workload, Consumer<String> progress) {
            Predicate<Pod> bare = pod -> !Pods.hasAgent(pod);
            Fault again = Fault.user("a new pod of " + workload + " got an agent again", "");
            return new Task(workload, bare, bare, again, progress);
        }
    }

    /** Pods that leave their controller together, and those that did before. */
    private record Batch(List<Pod> pods, List<Pod> retired) {}

    private final WorkloadPods cluster;
    private final Limits limits;

    public PodRollout(WorkloadPods cluster, Limits limits) {
        this.cluster = cluster;
        this.limits = limits;
    }

    /**
     * Returns when every pod that was there at the start and not up to date has been replaced.
     *
     * @param started run once the first replacement has been asked for, or there is nothing to do
     */
    public void roll(Task task, Runnable started) throws FaultException, InterruptedException {
        List<Pod> old = cluster.pods(task.workload()).stream()
                .filter(task.upToDate().negate())
                .toList();
        List<Thread> leaving = new ArrayList<>();
        List<Pod> retired = new ArrayList<>();
        boolean inPlace = false;
        try {
            for (Shape shape = next(task, old); shape != null; shape = next(task, old)) {
                old = still(task, old, shape);
                if (old.isEmpty()) {
                    break;
                }
                if (shape.surge() == 0 || inPlace) {
                    replaceInPlace(task, shape, old.getFirst(), started);
                    continue;
                }
                List<Pod> batch = List.copyOf(old.subList(0, Math.min(old.size(), shape.surge())));
                inPlace = !surge(task, shape, new Batch(batch, List.copyOf(retired)), started);
                if (!inPlace) {
                    retired.addAll(batch);
                    batch.forEach(pod -> leaving.add(retire(pod)));
                }
            }
            started.run();
        } finally {
            for (Thread thread : leaving) {
                thread.join();
            }
        }
    }

    /** Null if there is nothing to do any more. */
    private Shape next(Task task, List<Pod> old) throws FaultException {
        Shape shape = old.isEmpty() ? null : cluster.shape(task.workload()).orElse(null);
        if (shape == null) {
            return null;
        }
        Optional<String> released = old.stream()
                .flatMap(pod -> shape.stateful().released(pod).stream())
                .findFirst();
        if (released.isPresent()) {
            throw Fault.user(
                            "the pods of " + task.workload() + " cannot be replaced: " + released.get(),
                            "Release that revision first, or put the template back")
                    .exception();
        }
        if (shape.surge() == 0 && shape.strategy().away() == 0) {
            throw Fault.user(
                            "the pods of " + task.workload() + " cannot be replaced: its strategy ("
                                    + shape.strategy().said()
                                    + ") allows no pod to be unavailable, and a Service selects them by"
                                    + " the label by which a pod could leave its controller",
                            "")
                    .exception();
        }
        return shape;
    }

    /** Those that are still there, in the order in which they go: the workload may have been scaled meanwhile. */
    private List<Pod> still(Task task, List<Pod> old, Shape shape) {
        Set<String> wanted = uids(old);
        return cluster.pods(task.workload()).stream()
                .filter(pod -> wanted.contains(pod.getMetadata().getUid()))
                .filter(task.upToDate().negate())
                .sorted(shape.stateful().first())
                .toList();
    }

    /** What is to become of the agents is written into their pods: this manager may end before they are gone. */
    void mark(WorkloadRef workload, boolean dismissed) {
        cluster.pods(workload).stream()
                .filter(pod -> Pods.hasAgent(pod) && Pods.dismissed(pod) != dismissed)
                .forEach(pod -> cluster.dismiss(pod, dismissed));
    }

    /**
     * New pods first, then the old ones may go; if there are no new ones in time, the old ones stay.
     *
     * @return false: there is no place for more pods, and they are to be replaced in place
     */
    private boolean surge(Task task, Shape shape, Batch these, Runnable started)
            throws FaultException, InterruptedException {
        List<Pod> batch = these.pods();
        SuccessorPods successors = SuccessorPods.of(cluster, limits, task);
        batch.forEach(
                pod -> cluster.orphan(pod, task.workload(), shape.looseLabel().orElseThrow()));
        task.progress().accept("Replacing " + names(batch) + " of " + task.workload());
        started.run();
        try {
            Optional<PodHitch> hitch =
                    successors.await("no new pod became ready", () -> true, () -> these.retired().stream()
                            .noneMatch(cluster::there));
            if (hitch.isEmpty()) {
                return true;
            }
            if (!hitch.get().room() || shape.strategy().away() == 0) {
                throw noPlace(
                        task,
                        hitch.get(),
                        "; its strategy (" + shape.strategy().said() + ") allows none to be unavailable");
            }
            task.progress()
                    .accept("There is no room for another pod of " + task.workload() + " ("
                            + hitch.get().text() + "): its pods are replaced in place, one after the other");
        } catch (FaultException | InterruptedException | RuntimeException e) {
            LOG.warn("{} get their controller back: {}", names(batch), e.getMessage());
            giveBack(batch);
            throw e;
        }
        giveBack(batch);
        successors.awaitNoneBeside();
        return false;
    }

    private void giveBack(List<Pod> batch) throws InterruptedException {
        for (Pod pod : batch) {
            insist(() -> cluster.readopt(pod));
        }
    }

    private FaultException noPlace(Task task, PodHitch hitch, String rule) {
        String room = hitch.room() ? rule : "";
        String look = "See: kubectl describe replicasets,statefulsets,pods --namespace "
                + task.workload().namespace();
        return Fault.user(
                        "no new pod of " + task.workload() + " can come: " + hitch.text() + room,
                        hitch.share()
                                ? "What agents ask for is the Helm value agent.resources, and agent.initResources; "
                                        + look
                                : look)
                .exception();
    }

    private void replaceInPlace(Task task, Shape shape, Pod pod, Runnable started)
            throws FaultException, InterruptedException {
        awaitTurn(task, pod);
        boolean first = shape.strategy().recreates();
        SuccessorPods successors = SuccessorPods.of(cluster, first ? limits.after(Pods.grace(pod)) : limits, task);
        if (first) {
            cluster.ending(pod, task.workload());
        }
        evict(task, pod);
        task.progress().accept("Replacing " + names(List.of(pod)) + " of " + task.workload());
        started.run();
        Optional<PodHitch> hitch = successors.await(
                "its successor did not become ready", () -> !cluster.there(pod), () -> !cluster.there(pod));
        if (hitch.isPresent()) {
            throw noPlace(task, hitch.get(), "");
        }
    }

    /** Waits for what must be ready before that pod may go. */
    private void awaitTurn(Task task, Pod pod) throws FaultException, InterruptedException {
        long until = System.nanoTime() + limits.budget().toNanos();
        while (true) {
            Optional<String> tooEarly = tooEarly(task, pod);
            if (tooEarly.isEmpty()) {
                return;
            }
            if (System.nanoTime() > until) {
                throw cannotGo(task, pod, tooEarly.get()).exception();
            }
            Thread.sleep(limits.pause());
        }
    }

    private Optional<String> tooEarly(Task task, Pod pod) {
        Shape shape = cluster.shape(task.workload()).orElse(null);
        List<Pod> pods = cluster.pods(task.workload());
        if (shape == null) {
            return Optional.empty();
        }
        long ready = pods.stream().filter(Pods::ready).count();
        if (Pods.ready(pod) && shape.desired() - ready >= shape.strategy().away()) {
            return Optional.of(
                    "its strategy (" + shape.strategy().said() + ") allows no more pods to be unavailable, and of "
                            + shape.desired() + " only " + ready + " are ready");
        }
        return shape.stateful()
                .inTheWay(pod, pods)
                .map(other ->
                        "pods are made in order, and " + other.getMetadata().getName() + " is not ready");
    }

    private static Fault cannotGo(Task task, Pod pod, String why) {
        return Fault.user(
                "pod " + pod.getMetadata().getName() + " of " + task.workload() + " cannot be replaced: " + why,
                "See: kubectl get pods,poddisruptionbudgets --namespace "
                        + task.workload().namespace());
    }

    private void evict(Task task, Pod pod) throws FaultException, InterruptedException {
        long until = System.nanoTime() + limits.budget().toNanos();
        Optional<String> forbidden = cluster.evict(pod);
        while (forbidden.isPresent()) {
            if (System.nanoTime() > until) {
                throw cannotGo(task, pod, forbidden.get()).exception();
            }
            Thread.sleep(limits.pause());
            forbidden = cluster.evict(pod);
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

    private Thread retire(Pod pod) {
        return Threads.virtual("retire-" + pod.getMetadata().getName(), () -> {
            try {
                insist(() -> cluster.retire(pod));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    static Set<String> uids(List<Pod> pods) {
        Set<String> uids = new HashSet<>();
        pods.forEach(pod -> uids.add(pod.getMetadata().getUid()));
        return uids;
    }

    private static String names(List<Pod> pods) {
        return String.join(
                ", ", pods.stream().map(p -> p.getMetadata().getName()).toList());
    }
}

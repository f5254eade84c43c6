package io.telepresence.manager.rollout;

import static io.telepresence.agree.AgentNames.ENDING;
import static io.telepresence.agree.AgentNames.WAITING;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.inject.PodHolding;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * For workloads of which no new pod may begin before the old one has ended: while a pod that we take away ends, each new
 * one of its workload waits ({@link PodHolding}), and is let go when the last such pod is gone. Who ends and who waits is
 * written into the pods and read from watches, so a manager that starts meanwhile goes on by itself. Thread-safe.
 */
public final class PodTurns implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PodTurns.class);

    /** So long an eviction may be tried; a pod that is marked for longer, and does not end, stays. */
    private static final Duration FRESH = Duration.ofSeconds(15);

    /** A waiting init container goes on by itself when nothing was said for {@link PodHolding#ALONE}. */
    private static final Duration BEAT = Duration.ofSeconds(8);

    private static final Duration PAUSE = Duration.ofMillis(500);

    /** After a change to a pod that failed; seconds. */
    private static final long REST = 2;

    /** What is done to pods that wait. Calls block; a pod that is gone is no error. */
    interface Waiters {
        /** Lets it go on. */
        void release(Pod pod);

        /** Tells it that somebody looks after it at that time, seconds of Unix time. */
        void beat(Pod pod, long now);
    }

    private record Announced(WorkloadRef workload, Pod pod, long when) {}

    private final Workloads workloads;
    private final Waiters waiters;
    private final InstantSource clock;

    /** By uid: pods about to be evicted, until the watch shows that they end. */
    private final Map<String, Announced> announced = new ConcurrentHashMap<>();

    private volatile Thread ticking;

    /** Of the ticking thread: nothing is tried before that time. */
    private long rests;

    public PodTurns(Workloads workloads, Waiters waiters, InstantSource clock) {
        this.workloads = workloads;
        this.waiters = waiters;
        this.clock = clock;
    }

    /** Looks after those that wait from now on, until closed. */
    public PodTurns start() {
        ticking = Threads.virtual("turns", () -> {
            try {
                while (true) {
                    tick();
                    Thread.sleep(PAUSE);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return this;
    }

    /** From now on new pods of the workload wait for that one, which is about to be marked and evicted. */
    public void announce(Pod pod, WorkloadRef workload) {
        announced.put(pod.getMetadata().getUid(), new Announced(workload, pod, seconds()));
    }

    /** What a new pod of a workload has to wait for. */
    public enum Before {
        NOTHING,
        /** The end of an earlier pod. */
        AN_END,
        /** The same, and that one's agent is to have no successor. */
        AN_END_OF_AGENTS
    }

    /** The webhook's question. */
    public Before before(WorkloadRef workload) {
        return known(workload)
                .map(pod -> Pods.dismissed(pod) ? Before.AN_END_OF_AGENTS : Before.AN_END)
                .max(Before::compareTo)
                .orElse(Before.NOTHING);
    }

    /** Whether the agent's image could be had for a pod that ends. */
    public boolean agentRan(WorkloadRef workload) {
        return known(workload)
                .filter(pod -> pod.getStatus() != null)
                .flatMap(pod -> Stream.concat(
                        pod.getStatus().getContainerStatuses().stream(),
                        pod.getStatus().getInitContainerStatuses().stream()))
                .anyMatch(status -> status.getName().equals(AgentNames.CONTAINER)
                        && status.getImageID() != null
                        && !status.getImageID().isEmpty());
    }

    private Stream<Pod> known(WorkloadRef workload) {
        Stream<Pod> soon = announced.values().stream()
                .filter(a -> a.workload().equals(workload))
                .map(Announced::pod);
        return Stream.concat(soon, ending(workload));
    }

    /** One look at all pods that wait. */
    void tick() {
        announced.values().removeIf(this::shown);
        if (seconds() < rests) {
            return;
        }
        workloads.turning().stream()
                .filter(pod -> Pods.annotations(pod).containsKey(WAITING) && Pods.alive(pod))
                .filter(pod -> workloads.managed(pod.getMetadata().getNamespace()))
                .forEach(this::look);
    }

    private void look(Pod pod) {
        try {
            Optional<WorkloadRef> workload = workloads.ownerOf(pod);
            if (workload.isEmpty() || before(workload.get()) == Before.NOTHING) {
                LOG.info("pod {} may begin", pod.getMetadata().getName());
                waiters.release(pod);
            } else if (pod.getSpec().getSchedulingGates().isEmpty()
                    && seconds() - number(pod, WAITING) >= BEAT.toSeconds()) {
                waiters.beat(pod, seconds());
            }
        } catch (RuntimeException e) {
            LOG.warn(
                    "pod {} cannot be told whether it may begin; tried again",
                    pod.getMetadata().getName(),
                    e);
            rests = seconds() + REST;
        }
    }

    /** Those that were evicted and are still there, or will be in a moment. */
    private Stream<Pod> ending(WorkloadRef workload) {
        return workloads.turning().stream()
                .filter(pod -> workload.namespace().equals(pod.getMetadata().getNamespace()))
                .filter(pod -> Pods.annotations(pod).containsKey(ENDING) && !over(pod))
                .filter(pod -> !Pods.alive(pod) || seconds() - number(pod, ENDING) < FRESH.toSeconds())
                .filter(pod -> workloads.ownerOf(pod).filter(workload::equals).isPresent());
    }

    /** From now on the watch tells all that is to be known of it. */
    private boolean shown(Announced one) {
        Pod now = workloads
                .pod(
                        one.pod().getMetadata().getNamespace(),
                        one.pod().getMetadata().getName())
                .filter(pod -> pod.getMetadata()
                        .getUid()
                        .equals(one.pod().getMetadata().getUid()))
                .orElse(null);
        return now == null || !Pods.alive(now) || seconds() - one.when() >= FRESH.toSeconds();
    }

    /** None of its containers runs any more. */
    private static boolean over(Pod pod) {
        if (pod.getStatus() == null) {
            return false;
        }
        String phase = pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase) || hasEnded(pod);
    }

    /**
     * Of a pod that is being deleted: a kubelet may say that its containers have ended a minute before it lets the pod go.
     * What ended before that counts for nothing, as it may have been started again.
     */
    private static boolean hasEnded(Pod pod) {
        List<ContainerStatus> containers = pod.getStatus().getContainerStatuses();
        String deletion = pod.getMetadata().getDeletionTimestamp();
        Long grace = pod.getMetadata().getDeletionGracePeriodSeconds();
        if (deletion == null || grace == null || containers.isEmpty()) {
            return false;
        }
        Instant begin = Instant.parse(deletion).minusSeconds(grace);
        return containers.size() == pod.getSpec().getContainers().size()
                && containers.stream().allMatch(status -> endedSince(status, begin))
                && pod.getStatus().getInitContainerStatuses().stream()
                        .noneMatch(status ->
                                status.getState() != null && status.getState().getRunning() != null);
    }

    private static boolean endedSince(ContainerStatus status, Instant begin) {
        if (status.getState() == null || status.getState().getTerminated() == null) {
            return false;
        }
        String end = status.getState().getTerminated().getFinishedAt();
        return end != null && !Instant.parse(end).isBefore(begin);
    }

    private long seconds() {
        return clock.instant().getEpochSecond();
    }

    private static long number(Pod pod, String annotation) {
        try {
            return Long.parseLong(Pods.annotations(pod).get(annotation));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    @Override
    public void close() {
        if (ticking != null) {
            ticking.interrupt();
        }
    }
}

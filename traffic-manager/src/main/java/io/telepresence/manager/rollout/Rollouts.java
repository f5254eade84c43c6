package io.telepresence.manager.rollout;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.run.Threads;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The replacements of pods under way: one at a time per workload, each on its own virtual thread. Thread-safe. */
public final class Rollouts {
    private static final Logger LOG = LoggerFactory.getLogger(Rollouts.class);

    private final PodRollout rollout;
    private final BiPredicate<Pod, AgentConfig> serves;
    private final Objection past;
    private final Runnable failed;
    private final Map<WorkloadRef, Roll> running = new HashMap<>();
    private final Map<WorkloadRef, Fault> failures = new HashMap<>();

    /** What to say of a new pod that is not as it was wished. */
    public interface Objection {
        Fault of(WorkloadRef workload);
    }

    private static final class Roll {
        final DesiredConfig wish;
        /** Of the pass that runs. */
        CompletableFuture<Void> started = new CompletableFuture<>();

        /** Of the pass after it. */
        CompletableFuture<Void> next = new CompletableFuture<>();

        final List<Consumer<String>> told = new CopyOnWriteArrayList<>();
        boolean again;

        Roll(DesiredConfig wish) {
            this.wish = wish;
        }

        void tell(String sentence) {
            told.forEach(t -> t.accept(sentence));
        }
    }

    /**
     * @param serves whether the agent of a pod does what that configuration asks of it
     * @param past what to say of a new pod without an agent
     * @param failed runs when one has failed
     */
    public Rollouts(PodRollout rollout, BiPredicate<Pod, AgentConfig> serves, Objection past, Runnable failed) {
        this.rollout = rollout;
        this.serves = serves;
        this.past = past;
        this.failed = failed;
    }

    /** Whether that pod may stay. */
    public Predicate<Pod> upToDate(DesiredConfig wish) {
        AgentConfig config = wish.now().orElse(null);
        return config == null ? pod -> !Pods.hasAgent(pod) : pod -> serves.test(pod, config);
    }

    /** Why the last one of that workload has failed; empty: it has not, or another one was asked for since. */
    public synchronized Optional<Fault> failure(WorkloadRef workload) {
        return Optional.ofNullable(failures.get(workload));
    }

    public synchronized boolean busy(WorkloadRef workload) {
        return running.containsKey(workload);
    }

    /**
     * Starts one, or makes the running one look again when it is through.
     *
     * @return done once the first pod's replacement has been asked for, or there is nothing to replace; what failed
     *     before this call is not its failure
     */
    public synchronized CompletableFuture<Void> start(
            WorkloadRef workload, DesiredConfig wish, Consumer<String> progress) {
        Roll now = running.get(workload);
        failures.remove(workload);
        if (now != null) {
            now.told.add(progress);
            now.again = true;
            return now.started.isCompletedExceptionally() ? now.next : now.started;
        }
        Roll roll = new Roll(wish);
        roll.told.add(progress);
        running.put(workload, roll);
        Threads.virtual("roll-" + workload.name(), () -> run(workload, roll));
        return roll.started;
    }

    private void run(WorkloadRef workload, Roll roll) {
        try {
            do {
                pass(workload, roll);
            } while (again(workload, roll));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            synchronized (this) {
                running.remove(workload, roll);
            }
            roll.started.complete(null);
            roll.next.complete(null);
        }
    }

    private void pass(WorkloadRef workload, Roll roll) throws InterruptedException {
        Optional<AgentConfig> wish = roll.wish.now();
        PodRollout.Task task = wish.isPresent()
                ? new PodRollout.Task(workload, upToDate(roll.wish), Pods::hasAgent, past.of(workload), roll::tell)
                : PodRollout.Task.removal(workload, roll::tell);
        CompletableFuture<Void> started = started(roll);
        try {
            rollout.mark(workload, wish.isEmpty());
            rollout.roll(task, () -> started.complete(null));
        } catch (FaultException | RuntimeException e) {
            LOG.warn("{} is left with pods that are not as they should be", workload, e);
            roll.tell(FaultStatus.of(e).toString());
            failed(workload, roll, FaultStatus.of(e));
            started.completeExceptionally(e);
            failed.run();
        }
    }

    /** Of a pass after which another one comes nothing is to be said yet. */
    private synchronized void failed(WorkloadRef workload, Roll roll, Fault fault) {
        if (!roll.again) {
            failures.put(workload, fault);
        }
    }

    private synchronized CompletableFuture<Void> started(Roll roll) {
        return roll.started;
    }

    private synchronized boolean again(WorkloadRef workload, Roll roll) {
        if (roll.again) {
            roll.again = false;
            roll.started = roll.next;
            roll.next = new CompletableFuture<>();
            return true;
        }
        running.remove(workload, roll);
        return false;
    }
}

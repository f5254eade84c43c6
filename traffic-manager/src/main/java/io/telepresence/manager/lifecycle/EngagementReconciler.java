package io.telepresence.manager.lifecycle;

import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.readiness.AgentCoverage;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.manager.sidecar.SidecarConfigs;
import io.telepresence.run.Backoff;
import io.telepresence.run.Closers;
import io.telepresence.run.Coalesced;
import io.telepresence.run.Threads;
import io.telepresence.run.Watched;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what is engaged served: whenever an engagement works and a ready pod of its workload was made without an agent,
 * agents are installed as at its start. Looks after each change of pods and engagements, so also when clients come back
 * to a manager that was started anew. One thread per workload that lacks agents; what fails is tried again, ever more
 * rarely, because each try replaces pods.
 */
public final class EngagementReconciler implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EngagementReconciler.class);

    private final EngagementRegistry engagements;
    private final SidecarConfigs sidecars;
    private final Workloads workloads;
    private final AgentInstaller installer;
    private final Limits limits;
    private final Watched<Map<WorkloadRef, String>> failures = new Watched<>(Map.of());
    private final Closers opened = new Closers();
    private final Map<WorkloadRef, Thread> working = new HashMap<>();
    private boolean closed;

    /**
     * How long things may take.
     *
     * @param attempt until the pods of one try have their agents
     * @param first pause after a try that failed; it doubles
     * @param most the longest pause
     * @param look between two looks at the pods
     */
    record Limits(Duration attempt, Duration first, Duration most, Duration look) {}

    private EngagementReconciler(
            EngagementRegistry engagements,
            SidecarConfigs sidecars,
            Workloads workloads,
            AgentInstaller installer,
            Limits limits) {
        this.engagements = engagements;
        this.sidecars = sidecars;
        this.workloads = workloads;
        this.installer = installer;
        this.limits = limits;
    }

    /** @param attempt until the pods of one try have their agents */
    public static EngagementReconciler open(
            EngagementRegistry engagements,
            SidecarConfigs sidecars,
            Workloads workloads,
            AgentInstaller installer,
            Duration attempt) {
        return open(
                engagements,
                sidecars,
                workloads,
                installer,
                new Limits(attempt, Duration.ofSeconds(2), Duration.ofMinutes(10), Duration.ofMillis(300)));
    }

    static EngagementReconciler open(
            EngagementRegistry engagements,
            SidecarConfigs sidecars,
            Workloads workloads,
            AgentInstaller installer,
            Limits limits) {
        EngagementReconciler opened = new EngagementReconciler(engagements, sidecars, workloads, installer, limits);
        Coalesced changes = opened.opened.add(new Coalesced("reconcile", opened::look));
        opened.opened.add(workloads.watch(changes::changed));
        opened.opened.add(engagements.all().watch(_ -> changes.changed()));
        return opened;
    }

    /** Why agents could not be installed, by workload, while that is so. */
    public Watched<Map<WorkloadRef, String>> failures() {
        return failures;
    }

    @Override
    public void close() throws Exception {
        opened.close();
        List<Thread> threads;
        synchronized (working) {
            closed = true;
            threads = List.copyOf(working.values());
        }
        threads.forEach(Thread::interrupt);
    }

    private void look() {
        engagements.all().get().stream()
                .filter(RegisteredEngagement::active)
                .map(RegisteredEngagement::workload)
                .distinct()
                .filter(this::lacksAgents)
                .forEach(this::begin);
    }

    /** Pods of a Job stay as they are. */
    private boolean lacksAgents(WorkloadRef workload) {
        return !workload.batch()
                && engagements.all().get().stream()
                        .anyMatch(e -> e.active() && e.workload().equals(workload))
                && sidecars.desired(workload)
                && AgentCoverage.ready(workloads, workload).stream().anyMatch(pod -> !Pods.hasAgent(pod));
    }

    private void begin(WorkloadRef workload) {
        synchronized (working) {
            if (!closed && !working.containsKey(workload)) {
                working.put(workload, Threads.virtual("reconcile-" + workload.name(), () -> work(workload)));
            }
        }
    }

    private void work(WorkloadRef workload) {
        Backoff pause = new Backoff(limits.first(), limits.most());
        try {
            while (!done(workload)) {
                if (!attempt(workload)) {
                    Thread.sleep(pause.next());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            synchronized (working) {
                working.remove(workload, Thread.currentThread());
            }
        }
    }

    /** Under the lock, so that a change that comes now finds this thread or begins another. */
    private boolean done(WorkloadRef workload) {
        synchronized (working) {
            if (lacksAgents(workload)) {
                return false;
            }
            working.remove(workload);
            failures.update(all -> without(all, workload));
            return true;
        }
    }

    /** @return false: it is to be tried again later */
    private boolean attempt(WorkloadRef workload) throws InterruptedException {
        String trouble = installer.trouble().get();
        if (!trouble.isEmpty()) {
            failed(workload, trouble);
            return false;
        }
        try {
            LOG.info("{} is engaged and has ready pods without an agent: they are replaced", workload);
            installer.ensure(
                    workload, DesiredConfig.of(sidecars, workloads, workload), sentence -> failed(workload, sentence));
            long end = System.nanoTime() + limits.attempt().toNanos();
            while (lacksAgents(workload)) {
                if (System.nanoTime() > end || installer.failure(workload).isPresent()) {
                    return false;
                }
                Thread.sleep(limits.look());
            }
            return true;
        } catch (FaultException e) {
            failed(workload, e.fault().text());
        } catch (RuntimeException e) {
            LOG.warn("pods of {} stay without agents for now", workload, e);
            failed(workload, "the traffic-manager failed: see its log");
        }
        return false;
    }

    private void failed(WorkloadRef workload, String why) {
        LOG.info("{}: {}", workload, why);
        failures.update(all -> {
            Map<WorkloadRef, String> next = new HashMap<>(all);
            next.put(workload, why);
            return Map.copyOf(next);
        });
    }

    private static Map<WorkloadRef, String> without(Map<WorkloadRef, String> all, WorkloadRef gone) {
        return all.entrySet().stream()
                .filter(e -> !e.getKey().equals(gone))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}

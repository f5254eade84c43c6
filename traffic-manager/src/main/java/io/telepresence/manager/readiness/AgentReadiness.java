package io.telepresence.manager.readiness;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.readiness.PodProblems.Trouble;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.SessionRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Waits for the agents of a workload, and finds out why they do not come: what is fatal ends the wait at once, the rest
 * is told as it comes up, and again when the time is over.
 */
public final class AgentReadiness {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);
    private static final Duration EVENTS_APART = Duration.ofSeconds(2);

    /** The API server keeps them for an hour, unless it is told otherwise. */
    private static final Duration EVENTS_LAST = Duration.ofHours(1);

    private final Workloads workloads;
    private final SessionRegistry sessions;
    private final Function<Instant, PodEvents> events;
    private final AgentInstaller installer;
    private final BrokenPods broken;

    public AgentReadiness(
            Workloads workloads,
            SessionRegistry sessions,
            Function<Instant, PodEvents> events,
            AgentInstaller installer) {
        this.workloads = workloads;
        this.sessions = sessions;
        this.events = events;
        this.installer = installer;
        this.broken = new BrokenPods(workloads);
    }

    /** @throws FaultException the agents that have come cannot see what the engagement filters by */
    public void refuseSealed(RegisteredEngagement engagement) throws FaultException {
        new SealedPorts(sessions).refuse(engagement);
    }

    /** @param installer knows how far the replacement of pods is, and what keeps the webhook from working */
    public static AgentReadiness reading(
            KubernetesClient client, Workloads workloads, SessionRegistry sessions, AgentInstaller installer) {
        KubernetesEvents events = new KubernetesEvents(client, InstantSource.system());
        return new AgentReadiness(workloads, sessions, events::since, installer);
    }

    /**
     * Blocks until every ready pod has an agent that serves the engagement.
     *
     * @param limit starts anew whenever a pod or an agent gets a step further
     * @param wanted asked about every second: whether there is still something to wait for
     * @return address of one of the pods; empty: it is not wanted any more
     * @throws FaultException a fatal trouble, or the time is over
     */
    public Optional<String> await(
            RegisteredEngagement engagement, Duration limit, BooleanSupplier wanted, Consumer<String> progress)
            throws FaultException, InterruptedException {
        WorkloadRef workload = engagement.workload();
        Waiting waiting =
                new Waiting(workload, progress, events.apply(Instant.now().minusSeconds(5)), lately());
        ReadyAgents arrival = new ReadyAgents(workloads, sessions);
        Signal signal = new Signal();
        AutoCloseable ofWorkloads = workloads.watch(signal::changed);
        AutoCloseable ofAgents = sessions.watchAgents(signal::changed);
        try {
            PodProgress steps = new PodProgress(workload, workloads, sessions, limit);
            while (wanted.getAsBoolean()) {
                long seen = signal.version();
                Optional<String> ip = arrival.complete(engagement);
                if (ip.isPresent()) {
                    return ip;
                }
                waiting.look(engagement);
                if (steps.over()) {
                    throw waiting.timedOut(limit).exception();
                }
                signal.await(seen, LOOK_AGAIN);
            }
            return Optional.empty();
        } finally {
            close(ofAgents);
            close(ofWorkloads);
        }
    }

    /**
     * Looks at the workload before anything is done to it. Blocks for an API call where no pod is ready.
     *
     * @param wishedBefore its pods get agents already
     * @throws FaultException it has no pod that runs, for a reason of its own
     */
    public void refuseBroken(RegisteredEngagement desired, boolean wishedBefore) throws FaultException {
        PodEvents ever = lately();
        broken.check(
                desired, wishedBefore, () -> ever.warnings(desired.workload().namespace()));
    }

    private PodEvents lately() {
        return events.apply(Instant.now().minus(EVENTS_LAST));
    }

    private static void close(AutoCloseable watch) {
        try {
            watch.close();
        } catch (Exception e) {
            throw new IllegalStateException("ending a watch", e);
        }
    }

    private final class Waiting {
        private final WorkloadRef workload;
        private final Consumer<String> progress;
        private final PodEvents warnings;
        private final PodEvents ever;
        private final Set<String> told = new LinkedHashSet<>();
        private long nextEvents = System.nanoTime();

        Waiting(WorkloadRef workload, Consumer<String> progress, PodEvents warnings, PodEvents ever) {
            this.ever = ever;
            this.workload = workload;
            this.progress = progress;
            this.warnings = warnings;
        }

        void look(RegisteredEngagement engagement) throws FaultException {
            refuseFailed();
            boolean events = System.nanoTime() - nextEvents >= 0;
            broken.checkAgain(engagement, () -> events ? ever.warnings(workload.namespace()) : List.of());
            List<Trouble> troubles = new ArrayList<>(PodProblems.of(workloads.pods(workload)));
            if (events) {
                nextEvents = System.nanoTime() + EVENTS_APART.toNanos();
                boolean overcome = installer.busy(workload) || !lacksPods();
                PodProblems.ofEvents(warnings.warnings(workload.namespace()), workloads.uidsOf(workload)).stream()
                        .filter(trouble -> !(trouble.fatal() && overcome))
                        .forEach(troubles::add);
            }
            for (Trouble trouble : troubles) {
                if (trouble.fatal()) {
                    throw Fault.user(
                                    "the traffic-agent of " + workload + " cannot arrive: " + trouble.text(),
                                    "Look at the pod with: kubectl describe pods --namespace " + workload.namespace())
                            .exception();
                }
                if (told.add(trouble.text())) {
                    progress.accept(trouble.text());
                }
            }
        }

        private void refuseFailed() throws FaultException {
            Fault failure = installer.failure(workload).orElse(null);
            if (failure != null) {
                throw failure.exception();
            }
        }

        /** An event tells what was; as long as no pod is missing nothing of it is left. */
        private boolean lacksPods() {
            return workloads
                    .get(workload)
                    .filter(w -> w.replicas() > workloads.pods(workload).size())
                    .isPresent();
        }

        Fault timedOut(Duration limit) {
            String trouble = installer.trouble().get();
            StringBuilder text = new StringBuilder("request timed out while waiting for agent " + workload.name() + "."
                    + workload.namespace() + " to arrive (" + limit.toSeconds() + " s)");
            told.forEach(t -> text.append("\n  ").append(t));
            String webhook = trouble.isEmpty()
                    ? "Check that the API server reaches the agent injector's webhook, and that the agent can reach the"
                            + " traffic-manager. The limit is the Helm value timeouts.agentArrival"
                    : trouble;
            return Fault.user(text.toString(), webhook);
        }
    }

    /** Counts changes, so that none between a look and the wait is missed. */
    private static final class Signal {
        private long version;

        synchronized void changed() {
            version++;
            notifyAll();
        }

        synchronized long version() {
            return version;
        }

        synchronized void await(long seen, Duration atMost) throws InterruptedException {
            if (version == seen) {
                wait(atMost.toMillis());
            }
        }
    }
}

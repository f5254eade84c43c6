package io.telepresence.manager;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.telepresence.agree.AgentNames;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.rollout.ClusterPods;
import io.telepresence.manager.rollout.PodApi;
import io.telepresence.manager.rollout.PodOwner;
import io.telepresence.manager.rollout.PodOwners;
import io.telepresence.manager.rollout.PodRollout;
import io.telepresence.manager.rollout.RecreateRemoval;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes all agents out of the managed namespaces, before the release goes: first the pods of workloads of strategy Recreate,
 * whose successors the webhook still has to make wait; then the webhook's registration, so that nothing is injected any more;
 * then each other workload's pods as in any replacement. Settings as {@link ManagerSettings}.
 * It always ends with exit code 0 and within its time, because a release that cannot be removed is worse than an
 * agent that stays.
 */
public final class UninstallMain {
    private static final Logger LOG = LoggerFactory.getLogger(UninstallMain.class);

    /** How long an API server may go on calling a webhook that is not registered any more. */
    private static final Duration FORGET = Duration.ofSeconds(2);

    private static final Duration MOST = Duration.ofSeconds(100);

    /** Less than that, from when the new pods are there. */
    private static final Duration WAITING = Duration.ofSeconds(75);

    private static final PodRollout.Limits LIMITS = PodRollout.Limits.of(Duration.ofSeconds(20));

    private UninstallMain() {}

    public static void main(String[] args) throws InterruptedException {
        InjectorSettings settings;
        try {
            settings = ManagerSettings.read(ManagerSettings.DIRECTORY, System.getenv())
                    .injector();
        } catch (FaultException e) {
            LOG.warn("all agents stay: {}", e.fault());
            System.exit(0);
            return;
        }
        try (KubernetesClient client = new KubernetesClientBuilder().build()) {
            Thread work = Threads.virtual("uninstall", () -> uninstall(client, settings));
            if (!work.join(MOST)) {
                LOG.warn("not all agents are gone after {} s; the rest stays", MOST.toSeconds());
            }
        }
        System.exit(0);
    }

    /** Blocks until all is done or has failed; failures are in the log. */
    static void uninstall(KubernetesClient client, InjectorSettings settings) {
        try {
            Set<WorkloadRef> all = workloads(client, settings);
            RecreateRemoval last = new RecreateRemoval(pods(client, settings), LIMITS, new PodApi(client));
            Set<WorkloadRef> recreated = ConcurrentHashMap.newKeySet();
            each(all, workload -> {
                if (last.concerns(workload)) {
                    recreated.add(workload);
                    last.begin(workload);
                }
            });
            client.admissionRegistration()
                    .v1()
                    .mutatingWebhookConfigurations()
                    .withName(settings.hook().name())
                    .delete();
            Thread.sleep(FORGET);
            each(all, workload -> {
                if (recreated.contains(workload)) {
                    last.end(workload, WAITING);
                }
                remove(client, settings, workload);
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private interface Step {
        void run(WorkloadRef workload) throws InterruptedException;
    }

    /** All at once; returns when all are through. What fails is in the log. */
    private static void each(Set<WorkloadRef> workloads, Step step) throws InterruptedException {
        List<Thread> steps = new ArrayList<>();
        for (WorkloadRef workload : workloads) {
            steps.add(Threads.virtual("remove-" + workload.name(), () -> {
                try {
                    step.run(workload);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (RuntimeException e) {
                    LOG.warn("the agents of {} stay", workload, e);
                }
            }));
        }
        for (Thread thread : steps) {
            thread.join();
        }
    }

    private static ClusterPods pods(KubernetesClient client, InjectorSettings settings) {
        return new ClusterPods(client, new PodOwners(client, settings.scope().kinds()), (_, _) -> {});
    }

    private static void remove(KubernetesClient client, InjectorSettings settings, WorkloadRef workload)
            throws InterruptedException {
        PodRollout rollout = new PodRollout(pods(client, settings), LIMITS);
        try {
            rollout.roll(PodRollout.Task.removal(workload, LOG::info), () -> {});
            LOG.info("{} has no agent any more", workload);
        } catch (FaultException | RuntimeException e) {
            LOG.warn("the agents of {} stay", workload, e);
        }
    }

    private static Set<WorkloadRef> workloads(KubernetesClient client, InjectorSettings settings) {
        PodOwners owners = new PodOwners(client, settings.scope().kinds());
        Set<WorkloadRef> workloads = new LinkedHashSet<>();
        for (Pod pod : injected(client, settings.scope().namespaces())) {
            owners.of(pod.getMetadata(), pod.getMetadata().getNamespace())
                    .map(PodOwner::workload)
                    .filter(workload -> !workload.batch())
                    .ifPresent(workloads::add);
        }
        return workloads;
    }

    private static List<Pod> injected(KubernetesClient client, List<String> namespaces) {
        if (namespaces.isEmpty()) {
            return client.pods()
                    .inAnyNamespace()
                    .withLabel(AgentNames.WORKLOAD_ENABLED_LABEL)
                    .list()
                    .getItems();
        }
        List<Pod> pods = new ArrayList<>();
        namespaces.forEach(namespace -> pods.addAll(client.pods()
                .inNamespace(namespace)
                .withLabel(AgentNames.WORKLOAD_ENABLED_LABEL)
                .list()
                .getItems()));
        return pods;
    }
}

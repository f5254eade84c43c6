package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.telepresence.agree.AgentNames;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes all agents out of the managed namespaces, before the release goes: first the webhook's registration, so that
 * nothing is injected any more, then each workload's pods as in any replacement. Settings as {@link InjectorSettings}.
 * It always ends with exit code 0 and within its time, because a release that cannot be removed is worse than an
 * agent that stays.
 */
public final class UninstallMain {
    private static final Logger LOG = LoggerFactory.getLogger(UninstallMain.class);

    /** How long an API server may go on calling a webhook that is not registered any more. */
    private static final Duration FORGET = Duration.ofSeconds(2);

    private static final Duration MOST = Duration.ofSeconds(100);

    private UninstallMain() {}

    public static void main(String[] args) throws FaultException, InterruptedException {
        InjectorSettings settings = InjectorSettings.from(System.getenv());
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
            client.admissionRegistration()
                    .v1()
                    .mutatingWebhookConfigurations()
                    .withName(settings.hook().name())
                    .delete();
            Thread.sleep(FORGET);
            List<Thread> rolls = new ArrayList<>();
            for (WorkloadRef workload : workloads(client, settings)) {
                rolls.add(Threads.virtual("remove-" + workload.name(), () -> remove(client, settings, workload)));
            }
            for (Thread roll : rolls) {
                roll.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void remove(KubernetesClient client, InjectorSettings settings, WorkloadRef workload) {
        ClusterPods pods =
                new ClusterPods(client, new Owners(client, settings.scope().kinds()));
        AgentRollout rollout = new AgentRollout(pods, AgentRollout.Limits.of(Duration.ofSeconds(20)));
        try {
            rollout.roll(AgentRollout.Task.removal(workload, LOG::info), () -> {});
            LOG.info("{} has no agent any more", workload);
        } catch (FaultException | RuntimeException e) {
            LOG.warn("the agents of {} stay", workload, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Set<WorkloadRef> workloads(KubernetesClient client, InjectorSettings settings) {
        Owners owners = new Owners(client, settings.scope().kinds());
        Set<WorkloadRef> workloads = new LinkedHashSet<>();
        for (Pod pod : injected(client, settings.scope().namespaces())) {
            owners.of(pod.getMetadata(), pod.getMetadata().getNamespace())
                    .map(Owner::workload)
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

package io.telepresence.manager.lifecycle;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.rollout.WorkloadPods;
import io.telepresence.manager.webhook.InjectionPolicy;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Says why a workload can have no agent, before any pod is touched. Blocks for API calls where it looks at pods.
 *
 * @param enabled whether this manager injects agents at all
 */
record InjectionRefusals(InjectionPolicy rules, WorkloadPods cluster, boolean enabled) {
    /** Why no pod of that template can have an agent; empty: it can. An agent that is written into it is one. */
    Optional<String> obstacle(KubernetesWorkload workload) {
        PodTemplateSpec template = workload.template();
        boolean written = template.getSpec() != null
                && PodContainers.agent(template.getSpec()).isPresent();
        return !enabled || written
                ? Optional.empty()
                : rules.refusal(
                        workload.ref(),
                        template.getMetadata() == null ? new ObjectMeta() : template.getMetadata(),
                        template.getSpec() == null ? new PodSpec() : template.getSpec());
    }

    /** @throws FaultException the workload's pods have no agent and can get none */
    void check(WorkloadRef workload) throws FaultException {
        List<Pod> pods = cluster.pods(workload);
        if (!enabled) {
            if (pods.stream().noneMatch(Pods::hasAgent)) {
                throw Fault.user(
                                "agent-injector is disabled and no agent has been added manually for " + workload.name()
                                        + "." + workload.namespace(),
                                "Install the traffic-manager with agentInjector.enabled=true")
                        .exception();
            }
            return;
        }
        Stream<Pod> asked = workload.batch() ? pods.stream().filter(pod -> !Pods.hasAgent(pod)) : pods.stream();
        Optional<String> refusal = asked.map(pod -> rules.refusal(workload, pod.getMetadata(), pod.getSpec()))
                .flatMap(Optional::stream)
                .findFirst();
        if (refusal.isPresent()) {
            throw Fault.user(workload + " cannot have a traffic-agent: " + refusal.get(), "")
                    .exception();
        }
        if (workload.batch()) {
            checkEach(workload, pods);
        }
    }

    private static void checkEach(WorkloadRef workload, List<Pod> pods) throws FaultException {
        Optional<Pod> bare = pods.stream().filter(pod -> !Pods.hasAgent(pod)).findFirst();
        if (bare.isPresent()) {
            throw Fault.user(
                            "pod " + bare.get().getMetadata().getName() + " of " + workload
                                    + " was created without a traffic-agent, and pods of a Job are never replaced",
                            "Start the Job again")
                    .exception();
        }
    }
}

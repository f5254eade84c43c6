package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.telepresence.agree.AgentNames;

/** Questions about one pod. Pure. */
public final class Pods {
    private Pods() {}

    /** Neither being deleted nor over. */
    public static boolean alive(Pod pod) {
        String phase = pod.getStatus() == null ? "" : pod.getStatus().getPhase();
        return pod.getMetadata().getDeletionTimestamp() == null
                && !"Succeeded".equals(phase)
                && !"Failed".equals(phase);
    }

    public static boolean ready(Pod pod) {
        if (pod.getStatus() != null) {
            // Asked for every pod after every change: no stream.
            for (PodCondition condition : pod.getStatus().getConditions()) {
                if ("Ready".equals(condition.getType())) {
                    return "True".equals(condition.getStatus());
                }
            }
        }
        return false;
    }

    public static boolean hasAgent(Pod pod) {
        return pod.getSpec() != null && PodContainers.agent(pod.getSpec()).isPresent();
    }

    /** It only waits for its replacement to become ready. */
    public static boolean replaced(Pod pod) {
        return pod.getMetadata().getAnnotations() != null
                && pod.getMetadata().getAnnotations().containsKey(AgentNames.REPLACED);
    }

    /** The same, and it was a pod of that workload. */
    public static boolean replacedOf(Pod pod, WorkloadRef workload) {
        return replaced(pod)
                && pod.getMetadata()
                        .getAnnotations()
                        .get(AgentNames.REPLACED)
                        .startsWith(workload.kind() + " " + workload.name() + " ");
    }

    /** It may not begin before an earlier pod of its workload has ended. */
    public static boolean waiting(Pod pod) {
        return pod.getMetadata().getAnnotations() != null
                && pod.getMetadata().getAnnotations().containsKey(AgentNames.WAITING);
    }

    /** Its agent is to go, whoever manages it. */
    public static boolean dismissed(Pod pod) {
        return pod.getMetadata().getAnnotations() != null
                && pod.getMetadata().getAnnotations().containsKey(AgentNames.DISMISSED);
    }
}

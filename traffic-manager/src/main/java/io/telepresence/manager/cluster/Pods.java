package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.telepresence.agree.AgentNames;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Questions about one pod. Pure. */
public final class Pods {
    /** The API's own default, in seconds. */
    private static final long USUAL_GRACE = 30;

    private Pods() {}

    /** Neither being deleted nor over. */
    public static boolean alive(Pod pod) {
        String phase = pod.getStatus() == null ? "" : pod.getStatus().getPhase();
        return pod.getMetadata().getDeletionTimestamp() == null
                && !"Succeeded".equals(phase)
                && !"Failed".equals(phase);
    }

    /** Its condition Ready holds: true also for a pod that is being deleted and still answers. See {@link #ready}. */
    public static boolean serving(Pod pod) {
        if (pod.getStatus() != null && pod.getStatus().getConditions() != null) {
            // Asked for every pod after every change: no stream.
            for (PodCondition condition : pod.getStatus().getConditions()) {
                if ("Ready".equals(condition.getType())) {
                    return "True".equals(condition.getStatus());
                }
            }
        }
        return false;
    }

    /** It serves and it stays: as EndpointSlices have it, false for a pod that is being deleted. */
    public static boolean ready(Pod pod) {
        return alive(pod) && serving(pod);
    }

    public static boolean hasAgent(Pod pod) {
        return pod.getSpec() != null && PodContainers.agent(pod.getSpec()).isPresent();
    }

    /** It has an agent, which is not of that image. */
    public static boolean hasOtherAgent(Pod pod, String image) {
        return pod.getSpec() != null
                && PodContainers.agent(pod.getSpec())
                        .filter(agent -> !image.equals(agent.getImage()))
                        .isPresent();
    }

    /** It only waits for its replacement to become ready. */
    public static boolean replaced(Pod pod) {
        return annotations(pod).containsKey(AgentNames.REPLACED);
    }

    /** The same, and it was a pod of that workload. */
    public static boolean replacedOf(Pod pod, WorkloadRef workload) {
        return annotations(pod)
                .getOrDefault(AgentNames.REPLACED, "")
                .startsWith(workload.kind() + " " + workload.name() + " ");
    }

    /** It may not begin before an earlier pod of its workload has ended. */
    public static boolean waiting(Pod pod) {
        return annotations(pod).containsKey(AgentNames.WAITING);
    }

    /** Its agent is to go, whoever manages it. */
    public static boolean dismissed(Pod pod) {
        return annotations(pod).containsKey(AgentNames.DISMISSED);
    }

    public static Optional<OwnerReference> controller(List<OwnerReference> owners) {
        return owners == null
                ? Optional.empty()
                : owners.stream()
                        .filter(o -> Boolean.TRUE.equals(o.getController()))
                        .findFirst();
    }

    /** So long it may take to end. */
    public static Duration grace(Pod pod) {
        Long seconds = pod.getSpec().getTerminationGracePeriodSeconds();
        return Duration.ofSeconds(seconds == null ? USUAL_GRACE : seconds);
    }

    public static Map<String, String> labels(Pod pod) {
        Map<String, String> labels = pod.getMetadata().getLabels();
        return labels == null ? Map.of() : labels;
    }

    public static Map<String, String> annotations(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return annotations == null ? Map.of() : annotations;
    }
}

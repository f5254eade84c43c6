package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.PodContainers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Questions about a pod. Pure. */
final class Pods {
    /** The API's own default, in seconds. */
    private static final long USUAL_GRACE = 30;

    private Pods() {}

    static boolean hasAgent(Pod pod) {
        return PodContainers.agent(pod.getSpec()).isPresent();
    }

    static boolean ready(Pod pod) {
        return !leaving(pod)
                && pod.getStatus() != null
                && conditions(pod).stream()
                        .anyMatch(c ->
                                c.getType().equals("Ready") && c.getStatus().equals("True"));
    }

    /** Deleted already, only not gone yet; or run to its end. */
    static boolean leaving(Pod pod) {
        String phase = pod.getStatus() == null ? "" : pod.getStatus().getPhase();
        return pod.getMetadata().getDeletionTimestamp() != null || "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    static Optional<OwnerReference> controller(List<OwnerReference> owners) {
        return owners == null
                ? Optional.empty()
                : owners.stream()
                        .filter(o -> Boolean.TRUE.equals(o.getController()))
                        .findFirst();
    }

    /** So long it may take to end. */
    static Duration grace(Pod pod) {
        Long seconds = pod.getSpec().getTerminationGracePeriodSeconds();
        return Duration.ofSeconds(seconds == null ? USUAL_GRACE : seconds);
    }

    static boolean dismissed(Pod pod) {
        return annotations(pod).containsKey(AgentNames.DISMISSED);
    }

    static Map<String, String> labels(Pod pod) {
        Map<String, String> labels = pod.getMetadata().getLabels();
        return labels == null ? Map.of() : labels;
    }

    static Map<String, String> annotations(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return annotations == null ? Map.of() : annotations;
    }

    private static List<io.fabric8.kubernetes.api.model.PodCondition> conditions(Pod pod) {
        return pod.getStatus().getConditions() == null
                ? List.of()
                : pod.getStatus().getConditions();
    }
}

package io.telepresence.manager.readiness;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.Pods;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Why pods do not come up, read from their status and from events. Pure. */
public final class PodProblems {
    /** A waiting container of ours in one of these states will not get better by waiting. */
    private static final Set<String> FATAL_FOR_OURS = Set.of(
            "ImagePullBackOff",
            "ErrImageNeverPull",
            "InvalidImageName",
            "CrashLoopBackOff",
            "CreateContainerConfigError",
            "CreateContainerError",
            "RunContainerError");

    private static final Set<String> NO_TROUBLE = Set.of("ContainerCreating", "PodInitializing", "");
    private static final Set<String> OURS =
            Set.of(AgentNames.CONTAINER, AgentNames.INIT_CONTAINER, AgentNames.WAIT_CONTAINER);

    private PodProblems() {}

    /**
     * @param fatal waiting longer is of no use
     * @param text one sentence that names the object
     */
    record Trouble(boolean fatal, String text) {}

    /** What an event says. */
    public record Event(String uid, String object, String reason, String message) {}

    static List<Trouble> of(List<Pod> pods) {
        List<Trouble> troubles = new ArrayList<>();
        for (Pod pod : pods) {
            if (pod.getStatus() != null) {
                if (Pods.waiting(pod)) {
                    troubles.add(new Trouble(
                            false,
                            "pod " + name(pod) + " waits until the earlier pod has ended: the strategy is Recreate"));
                }
                unscheduled(pod).ifPresent(text -> troubles.add(new Trouble(false, text)));
                Stream.concat(
                                pod.getStatus().getInitContainerStatuses().stream(),
                                pod.getStatus().getContainerStatuses().stream())
                        .forEach(status -> container(pod, status, troubles));
            }
        }
        return troubles;
    }

    /** @param uids of the workload, its ReplicaSets and its pods: events of others say nothing */
    static List<Trouble> ofEvents(List<Event> events, Set<String> uids) {
        return events.stream()
                .filter(e -> uids.contains(e.uid()))
                .map(e -> new Trouble(
                        e.reason().equals("FailedCreate"), e.object() + ": " + e.reason() + ": " + e.message()))
                .distinct()
                .toList();
    }

    /** Why the pod has no node; empty while nobody has said so, and where it waits for an earlier one. */
    static Optional<String> unscheduled(Pod pod) {
        return Pods.waiting(pod)
                ? Optional.empty()
                : pod.getStatus().getConditions().stream()
                        .filter(c -> "PodScheduled".equals(c.getType()) && "False".equals(c.getStatus()))
                        .map(PodCondition::getMessage)
                        .map(message -> "pod " + name(pod) + " is not scheduled: " + message)
                        .findFirst();
    }

    private static void container(Pod pod, ContainerStatus status, List<Trouble> troubles) {
        ContainerState state = status.getState();
        if (state == null || state.getWaiting() == null) {
            return;
        }
        String reason =
                state.getWaiting().getReason() == null ? "" : state.getWaiting().getReason();
        if (NO_TROUBLE.contains(reason)) {
            return;
        }
        troubles.add(
                new Trouble(OURS.contains(status.getName()) && FATAL_FOR_OURS.contains(reason), describe(pod, status)));
    }

    /** How that container stands, as a sentence. */
    static String describe(Pod pod, ContainerStatus status) {
        ContainerStateWaiting waiting =
                status.getState() == null ? null : status.getState().getWaiting();
        String why = waiting == null
                ? "it does not stay up"
                : waiting.getReason() + (waiting.getMessage() == null ? "" : ": " + waiting.getMessage());
        return "container " + status.getName() + " of pod " + name(pod) + ": " + why + last(status);
    }

    private static String last(ContainerStatus status) {
        ContainerState last = status.getLastState();
        if (last == null || last.getTerminated() == null) {
            return "";
        }
        String message = last.getTerminated().getMessage();
        return " (it ended with exit code " + last.getTerminated().getExitCode()
                + (message == null || message.isBlank() ? "" : ": " + message.strip()) + ")";
    }

    private static String name(Pod pod) {
        return pod.getMetadata().getName() + "." + pod.getMetadata().getNamespace();
    }
}

package io.telepresence.manager.readiness;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.agree.AgentNames;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.RegisteredEngagement;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Why a workload has no pod that runs, where that has nothing to do with agents: it cannot make any, or they cannot start,
 * or they crash. As long as one pod is ready there is nothing to say. Any thread; from watches, and events where these are
 * asked for.
 */
record BrokenPods(Workloads workloads) {
    /** A container in one of these states does not start by waiting. */
    private static final Set<String> STUCK = Set.of(
            "ImagePullBackOff",
            "ErrImagePull",
            "ErrImageNeverPull",
            "InvalidImageName",
            "CrashLoopBackOff",
            "CreateContainerConfigError",
            "CreateContainerError",
            "RunContainerError");

    private static final Set<String> OURS =
            Set.of(AgentNames.CONTAINER, AgentNames.INIT_CONTAINER, AgentNames.WAIT_CONTAINER);
    private static final Set<String> VOLUMES = Set.of("FailedMount", "FailedAttachVolume");
    private static final int CRASHES = 2;

    /**
     * Before anything is done to the workload.
     *
     * @param desired its pods get agents already, which may be the reason
     * @param events of the last hour, of all objects; blocks for an API call
     * @throws FaultException it has no pod that runs, and this is why
     */
    void check(RegisteredEngagement engagement, boolean desired, Supplier<List<PodProblems.Event>> events)
            throws FaultException {
        refuse(engagement.workload(), reason(engagement, events), desired ? "" : ", with or without a traffic-agent");
    }

    /** The same while agents are waited for: that no pod can be made may be due to them, and is told elsewhere. */
    void checkAgain(RegisteredEngagement engagement, Supplier<List<PodProblems.Event>> events) throws FaultException {
        if (!workloads.pods(engagement.workload()).isEmpty()) {
            refuse(engagement.workload(), reason(engagement, events), "");
        }
    }

    private static void refuse(WorkloadRef workload, Optional<String> reason, String with) throws FaultException {
        if (reason.isPresent()) {
            throw Fault.user(
                            workload + " has no pod that runs" + with + ": " + reason.get(),
                            "See: kubectl describe replicasets,statefulsets,pods --namespace " + workload.namespace())
                    .exception();
        }
    }

    private Optional<String> reason(RegisteredEngagement engagement, Supplier<List<PodProblems.Event>> events) {
        WorkloadRef workload = engagement.workload();
        if (workload.batch() || serves(workload)) {
            return Optional.empty();
        }
        List<Pod> pods = workloads.pods(workload);
        Optional<String> seen = pods.isEmpty()
                ? workloads.failure(workload)
                : pods.stream().flatMap(pod -> own(pod, replaced(engagement))).findFirst();
        return seen.or(() -> fromEvents(workload, pods.isEmpty(), events.get()));
    }

    /** A replaced pod serves until the new one does. */
    private boolean serves(WorkloadRef workload) {
        return Stream.concat(
                        workloads.pods(workload).stream(),
                        workloads.replacedIn(workload.namespace()).stream()
                                .filter(pod -> Pods.replacedOf(pod, workload)))
                .anyMatch(Pods::serving);
    }

    /** A container that is to be replaced need not run. */
    private static String replaced(RegisteredEngagement engagement) {
        return engagement.spec().kind().replacesContainer() ? engagement.container() : "";
    }

    private static Stream<String> own(Pod pod, String replaced) {
        if (pod.getStatus() == null) {
            return Stream.empty();
        }
        // With an agent it may be the agent for which there is no room.
        Stream<String> unscheduled = Pods.hasAgent(pod) ? Stream.empty() : PodProblems.unscheduled(pod).stream();
        Stream<String> stuck = Stream.concat(
                        pod.getStatus().getInitContainerStatuses().stream(),
                        pod.getStatus().getContainerStatuses().stream())
                .filter(status ->
                        !OURS.contains(status.getName()) && !status.getName().equals(replaced))
                .filter(BrokenPods::stuck)
                .map(status -> PodProblems.describe(pod, status));
        return Stream.concat(unscheduled, stuck);
    }

    private static boolean stuck(ContainerStatus status) {
        boolean waits = status.getState() != null
                && status.getState().getWaiting() != null
                && STUCK.contains(status.getState().getWaiting().getReason());
        boolean crashes = status.getRestartCount() != null
                && status.getRestartCount() >= CRASHES
                && !Boolean.TRUE.equals(status.getReady())
                && status.getLastState() != null
                && status.getLastState().getTerminated() != null
                && status.getLastState().getTerminated().getExitCode() != 0;
        return waits || crashes;
    }

    private Optional<String> fromEvents(WorkloadRef workload, boolean noPods, List<PodProblems.Event> events) {
        Set<String> uids = workloads.uidsOf(workload);
        return events.stream()
                .filter(e -> uids.contains(e.uid()))
                .filter(e -> noPods
                        ? e.reason().equals("FailedCreate")
                        : VOLUMES.contains(e.reason()) && e.message().contains("not found"))
                .map(e -> e.object() + ": " + e.reason() + ": " + e.message())
                .findFirst();
    }
}

package io.telepresence.manager.readiness;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.readiness.PodProblems.Trouble;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.run.Watched;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which ready pods of a workload bypass an engagement, and why. Any thread; answers come from watches. */
public final class AgentCoverage {
    private final Workloads workloads;
    private final SessionRegistry sessions;
    private final Watched<Map<WorkloadRef, String>> failures;

    /** @param failures why agents could not be installed, by workload */
    public AgentCoverage(Workloads workloads, SessionRegistry sessions, Watched<Map<WorkloadRef, String>> failures) {
        this.workloads = workloads;
        this.sessions = sessions;
        this.failures = failures;
    }

    /** A ready pod that no agent serves as it is engaged. */
    public record Bypass(String pod, String reason) {}

    /** Those of the workload, for engagements that work; in the order of the pods' names. */
    public List<Bypass> bypasses(WorkloadRef workload, List<RegisteredEngagement> engagements) {
        List<RegisteredEngagement> working =
                engagements.stream().filter(RegisteredEngagement::active).toList();
        List<Bypass> found = new ArrayList<>();
        if (!working.isEmpty()) {
            Map<String, AgentSession> agents = sessions.byPod(workload);
            for (Pod pod : ready(workloads, workload)) {
                reason(pod, workload, agents.get(pod.getMetadata().getUid()), working)
                        .ifPresent(why -> found.add(new Bypass(pod.getMetadata().getName(), why)));
            }
        }
        return List.copyOf(found);
    }

    /** The pods that get traffic. */
    public static List<Pod> ready(Workloads workloads, WorkloadRef workload) {
        return workloads.pods(workload).stream()
                .filter(AgentCoverage::getsTraffic)
                .sorted(java.util.Comparator.comparing(p -> p.getMetadata().getName()))
                .toList();
    }

    public static boolean getsTraffic(Pod pod) {
        return Pods.serving(pod) && !Pods.replaced(pod);
    }

    /** @param agent of the pod; null: it is not connected */
    private Optional<String> reason(
            Pod pod, WorkloadRef workload, AgentSession agent, List<RegisteredEngagement> working) {
        if (!Pods.hasAgent(pod)) {
            return Optional.of(bare(workload));
        }
        if (agent == null) {
            String trouble = PodProblems.of(List.of(pod)).stream()
                    .findFirst()
                    .map(Trouble::text)
                    .orElse("");
            return Optional.of("its traffic-agent is not connected" + (trouble.isEmpty() ? "" : ": " + trouble));
        }
        return working.stream()
                .filter(e -> !ReadyAgents.serves(agent.agent(), e))
                .findFirst()
                .map(e -> "its traffic-agent does not serve the " + e.described());
    }

    private String bare(WorkloadRef workload) {
        if (workload.batch()) {
            return "it was created without a traffic-agent, and pods of a Job are never replaced";
        }
        String failure = failures.get().getOrDefault(workload, "");
        return "it was created without a traffic-agent" + (failure.isEmpty() ? "" : ": " + failure);
    }

    public SessionRegistry sessions() {
        return sessions;
    }

    /** Calls {@code changed} when a reason may have changed that no pod, agent or engagement tells; quick. */
    public AutoCloseable watch(Runnable changed) {
        return failures.watch(_ -> changed.run());
    }
}

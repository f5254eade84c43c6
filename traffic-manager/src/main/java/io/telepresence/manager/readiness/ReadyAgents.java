package io.telepresence.manager.readiness;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.SessionRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether every pod that gets traffic of a workload has an agent that listens to us. */
final class ReadyAgents {
    private final Workloads workloads;
    private final SessionRegistry sessions;

    ReadyAgents(Workloads workloads, SessionRegistry sessions) {
        this.workloads = workloads;
        this.sessions = sessions;
    }

    /**
     * Address of one pod, once every ready pod of the workload has an agent that watches engagements and serves this
     * one, and no pod that was replaced still serves in its place; empty until then. For an ingest one pod is enough.
     */
    Optional<String> complete(RegisteredEngagement engagement) {
        WorkloadRef workload = engagement.workload();
        List<Pod> ready = AgentCoverage.ready(workloads, workload);
        boolean oneIsEnough = engagement.spec().kind().needsOnePod();
        List<String> ips = new ArrayList<>();
        Map<String, AgentSession> agents = sessions.byPod(workload);
        for (Pod pod : ready) {
            AgentSession agent = agents.get(pod.getMetadata().getUid());
            if (agent != null && agent.watching() && serves(agent.agent(), engagement)) {
                ips.add(pod.getStatus().getPodIP());
            } else if (!oneIsEnough) {
                return Optional.empty();
            }
        }
        if (ips.isEmpty() || !oneIsEnough && leftoverServes(engagement)) {
            return Optional.empty();
        }
        return Optional.of(ips.getFirst());
    }

    /** Whether the agent does what the engagement asks of it; true where the agent does not tell its ports. */
    static boolean serves(AgentSession.Agent agent, RegisteredEngagement engagement) {
        boolean inPlace = !engagement.spec().kind().replacesContainer()
                || agent.replaced().contains(engagement.container());
        return inPlace
                && (agent.ports().isEmpty()
                        || engagement.ports().stream()
                                .allMatch(p -> agent.ports().contains(p.port())));
    }

    private boolean leftoverServes(RegisteredEngagement engagement) {
        return workloads.replacedIn(engagement.workload().namespace()).stream()
                .anyMatch(pod -> engagement.spec().kind().replacesContainer()
                        ? Pods.replacedOf(pod, engagement.workload())
                        : Pods.serving(pod) && selected(pod, engagement));
    }

    private boolean selected(Pod pod, RegisteredEngagement engagement) {
        Map<String, String> labels = pod.getMetadata().getLabels();
        return workloads
                .servicesSelecting(pod.getMetadata().getNamespace(), labels == null ? Map.of() : labels)
                .stream()
                .anyMatch(s -> engagement.ports().stream()
                        .anyMatch(p -> p.service().equals(s.getMetadata().getName())));
    }
}

package io.telepresence.manager.engage;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engage.Engagement.EngagedPort;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.Sessions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether every pod that gets traffic of a workload has an agent that listens to us. */
final class AgentArrival {
    private final Workloads workloads;
    private final Sessions sessions;

    AgentArrival(Workloads workloads, Sessions sessions) {
        this.workloads = workloads;
        this.sessions = sessions;
    }

    /**
     * Address of one pod, once every ready pod of the workload has an agent that watches engagements and serves these
     * ports, and no pod that was replaced is ready and still selected by a service; empty until then.
     */
    Optional<String> complete(WorkloadRef workload, List<EngagedPort> ports) {
        List<Pod> ready = workloads.pods(workload).stream()
                .filter(p -> Pods.ready(p) && !Pods.replaced(p))
                .toList();
        List<String> ips = new ArrayList<>();
        for (Pod pod : ready) {
            Optional<AgentSession> agent = agentIn(pod, workload);
            if (agent.isEmpty() || !agent.get().watching() || !serves(agent.get(), ports)) {
                return Optional.empty();
            }
            ips.add(pod.getStatus().getPodIP());
        }
        if (ips.isEmpty() || leftoverServes(workload, ports)) {
            return Optional.empty();
        }
        return Optional.of(ips.getFirst());
    }

    private Optional<AgentSession> agentIn(Pod pod, WorkloadRef workload) {
        return sessions.agents(workload).stream()
                .filter(a -> a.agent().podUid().equals(pod.getMetadata().getUid()))
                .findFirst();
    }

    private static boolean serves(AgentSession agent, List<EngagedPort> ports) {
        return agent.agent().ports().isEmpty()
                || ports.stream()
                        .allMatch(
                                p -> agent.agent().ports().contains(new AgentSession.Port(p.udp(), p.containerPort())));
    }

    private boolean leftoverServes(WorkloadRef workload, List<EngagedPort> ports) {
        return workloads.podsIn(workload.namespace()).stream()
                .filter(p -> Pods.replaced(p) && Pods.ready(p))
                .anyMatch(p -> {
                    Map<String, String> labels = p.getMetadata().getLabels();
                    return workloads
                            .servicesSelecting(workload.namespace(), labels == null ? Map.of() : labels)
                            .stream()
                            .anyMatch(s -> ports.stream().anyMatch(e -> e.service()
                                    .equals(s.getMetadata().getName())));
                });
    }
}

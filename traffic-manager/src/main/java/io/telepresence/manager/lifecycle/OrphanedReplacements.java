package io.telepresence.manager.lifecycle;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.engagement.Port;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.sidecar.ReplacedContainers;
import io.telepresence.manager.sidecar.SidecarAnnotation;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What is replaced, by the registry and, for a while after the manager's start, by what its predecessor left in the
 * pods: whoever replaced that has not come back yet. A claim ends when an engagement takes it over.
 */
public final class OrphanedReplacements implements ReplacedContainers {
    private final ReplacedContainers registry;
    private final Map<WorkloadRef, Map<String, Set<Port>>> left = new LinkedHashMap<>();

    private OrphanedReplacements(ReplacedContainers registry) {
        this.registry = registry;
    }

    /** @param pods all that there are at the manager's start */
    public static OrphanedReplacements of(EngagementRegistry engagements, Workloads workloads, List<Pod> pods) {
        OrphanedReplacements orphaned = new OrphanedReplacements(engagements);
        for (Pod pod : pods) {
            Optional<WorkloadRef> owner =
                    Pods.alive(pod) && !Pods.replaced(pod) ? workloads.ownerOf(pod) : Optional.empty();
            owner.ifPresent(workload -> orphaned.claim(workload, pod));
        }
        engagements.all().watch(orphaned::taken);
        return orphaned;
    }

    private void claim(WorkloadRef workload, Pod pod) {
        for (AgentContainer container : containers(pod)) {
            if (container.getReplaced()) {
                left.computeIfAbsent(workload, _ -> new LinkedHashMap<>())
                        .computeIfAbsent(container.getName(), _ -> new LinkedHashSet<>())
                        .addAll(container.getPortsList().stream()
                                .filter(p -> Port.isNumber(p.getContainerPort()))
                                .map(p -> Port.of(p.getProtocol() == Protocol.UDP, p.getContainerPort()))
                                .collect(Collectors.toSet()));
            }
        }
    }

    private static List<AgentContainer> containers(Pod pod) {
        return Pods.hasAgent(pod)
                ? SidecarAnnotation.of(pod).map(AgentConfig::getContainersList).orElse(List.of())
                : List.of();
    }

    @Override
    public Map<String, Set<Port>> of(WorkloadRef workload) {
        Map<String, Set<Port>> all = new LinkedHashMap<>(registry.of(workload));
        synchronized (left) {
            left.getOrDefault(workload, Map.of()).forEach(all::putIfAbsent);
        }
        return all;
    }

    /** Nobody comes back any more: what is still claimed is free. Gives the workloads whose pods must change. */
    public Set<WorkloadRef> expire() {
        synchronized (left) {
            Set<WorkloadRef> unclaimed = Set.copyOf(left.keySet());
            left.clear();
            return unclaimed;
        }
    }

    /** Under the registry's lock. */
    private void taken(List<RegisteredEngagement> all) {
        synchronized (left) {
            all.stream()
                    .filter(RegisteredEngagement::replaces)
                    .forEach(e -> left.computeIfPresent(e.workload(), (_, containers) -> {
                        containers.remove(e.container());
                        return containers.isEmpty() ? null : containers;
                    }));
        }
    }
}

package io.telepresence.manager.sidecar;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.rpc.agent.AgentConfig;
import java.util.Optional;

/** How the pods of one workload shall be, asked anew whenever it counts. Any thread; never blocks. */
@FunctionalInterface
public interface DesiredConfig {
    /** The configuration of the agent in every pod; empty: no agent. */
    Optional<AgentConfig> now();

    /** What the engagements of this moment come to. */
    static DesiredConfig of(SidecarConfigs sidecars, Workloads workloads, WorkloadRef workload) {
        return () -> sidecars.desired(workload)
                ? workloads.get(workload).map(w -> configFor(sidecars, w))
                : Optional.empty();
    }

    private static AgentConfig configFor(SidecarConfigs sidecars, KubernetesWorkload workload) {
        ObjectMeta meta = workload.template().getMetadata();
        return sidecars.configFor(
                workload.ref(),
                meta == null ? new ObjectMeta() : meta,
                workload.template().getSpec());
    }
}

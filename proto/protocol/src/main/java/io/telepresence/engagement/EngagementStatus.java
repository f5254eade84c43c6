package io.telepresence.engagement;

import java.util.List;
import java.util.Optional;

/**
 * How an engagement is.
 *
 * @param message why it does not work, or what its owner should know although it does; may be empty
 * @param workloadKind Deployment, ReplicaSet or StatefulSet
 * @param container whose environment and volumes count; empty where that could not be found out
 * @param podIp address of one pod that serves it; empty until one does
 * @param count of all agents together; only where something is counted
 */
public record EngagementStatus(
        EngagementState state,
        String message,
        String workloadKind,
        String container,
        List<EngagedPort> ports,
        String podIp,
        Optional<TrafficCount> count) {
    public EngagementStatus {
        ports = List.copyOf(ports);
    }

    public EngagementStatus with(EngagementState next) {
        return new EngagementStatus(next, message, workloadKind, container, ports, podIp, count);
    }
}

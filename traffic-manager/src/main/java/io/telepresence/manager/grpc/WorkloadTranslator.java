package io.telepresence.manager.grpc;

import io.telepresence.engagement.EngagementCodec;
import io.telepresence.manager.report.WorkloadList;
import io.telepresence.rpc.manager.Bypass;
import io.telepresence.rpc.manager.Workload;
import io.telepresence.rpc.manager.WorkloadSnapshot;
import java.util.List;

/** Workloads to the wire. Pure. */
final class WorkloadTranslator {
    private WorkloadTranslator() {}

    static WorkloadSnapshot workloads(List<WorkloadList.WorkloadInfo> lines) {
        return WorkloadSnapshot.newBuilder()
                .addAllWorkloads(lines.stream().map(WorkloadTranslator::toWire).toList())
                .build();
    }

    private static Workload toWire(WorkloadList.WorkloadInfo line) {
        return Workload.newBuilder()
                .setKind(line.workload().ref().kind())
                .setName(line.workload().ref().name())
                .setNamespace(line.workload().ref().namespace())
                .setUid(line.workload().uid())
                .setAgentVersion(line.agentVersion())
                .setNotInterceptableReason(line.obstacle())
                .addAllEngagements(line.engagements().stream()
                        .map(e -> EngagementCodec.toWire(e.reported(line.counts())))
                        .toList())
                .setReplicas(line.workload().replicas())
                .setReadyReplicas(line.workload().ready())
                .setReadyPods(line.readyPods())
                .setAgents(line.agents())
                .setEarlierAgents(line.earlierAgents())
                .addAllPolicies(line.policies())
                .addAllBypasses(line.bypasses().stream()
                        .map(b -> Bypass.newBuilder()
                                .setPod(b.pod())
                                .setReason(b.reason())
                                .build())
                        .toList())
                .build();
    }
}

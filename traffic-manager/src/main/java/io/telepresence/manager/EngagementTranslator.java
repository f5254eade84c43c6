package io.telepresence.manager;

import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.engage.Engagement;
import io.telepresence.manager.engage.EngagementSpec;
import io.telepresence.manager.engage.Tally;
import io.telepresence.manager.engage.WorkloadBoard;
import io.telepresence.rpc.engagement.EngagedPort;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.engagement.HttpPath;
import io.telepresence.rpc.engagement.PodPort;
import io.telepresence.rpc.engagement.PortRequest;
import io.telepresence.rpc.manager.Bypass;
import io.telepresence.rpc.manager.Workload;
import io.telepresence.rpc.manager.WorkloadSnapshot;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.List;
import java.util.Map;

/** Engagements and workloads to the wire and back. Pure. */
final class EngagementTranslator {
    private EngagementTranslator() {}

    /** @throws FaultException the kind is none that this manager knows */
    static EngagementSpec fromWire(io.telepresence.rpc.engagement.EngagementSpec wire) throws FaultException {
        return new EngagementSpec(
                kind(wire.getKind()),
                wire.getName(),
                wire.getNamespace(),
                wire.getWorkload(),
                wire.getWorkloadKind(),
                wire.getService(),
                wire.getContainer(),
                wire.getTargetHost().isEmpty() ? "127.0.0.1" : wire.getTargetHost(),
                wire.getPortsList().stream()
                        .map(p -> new EngagementSpec.PortWish(p.getLocalPort(), p.getIdentifier()))
                        .toList(),
                new EngagementSpec.Handling(
                        HttpFilter.of(wire),
                        wire.getMechanism(),
                        wire.getPlaintext(),
                        wire.getMetadataMap(),
                        wire.getToPodList().stream()
                                .map(p -> new EngagementSpec.PodPort(p.getProtocol() == Protocol.UDP, p.getPort()))
                                .toList()));
    }

    static EngagementSnapshot snapshot(List<Engagement> engagements) {
        return EngagementSnapshot.newBuilder()
                .addAllEngagements(
                        engagements.stream().map(EngagementTranslator::toWire).toList())
                .build();
    }

    static EngagementSnapshot snapshot(List<Engagement> engagements, Map<String, Tally.Count> counts) {
        return EngagementSnapshot.newBuilder()
                .addAllEngagements(
                        engagements.stream().map(e -> toWire(e, counts)).toList())
                .build();
    }

    /** With what was counted. */
    static io.telepresence.rpc.engagement.Engagement toWire(Engagement engagement, Map<String, Tally.Count> counts) {
        Tally.Count count = counts.get(engagement.id());
        return count == null
                ? toWire(engagement)
                : toWire(engagement).toBuilder()
                        .setCount(ReportTranslator.toWire(engagement.id(), count))
                        .build();
    }

    static io.telepresence.rpc.engagement.Engagement toWire(Engagement engagement) {
        return io.telepresence.rpc.engagement.Engagement.newBuilder()
                .setId(engagement.id())
                .setSpec(toWire(engagement.spec()))
                .setClient(engagement.client())
                .setDisposition(engagement.state().text())
                .setMessage(engagement.message())
                .setWorkloadKind(engagement.workload().kind())
                .addAllPorts(engagement.ports().stream()
                        .map(EngagementTranslator::toWire)
                        .toList())
                .setPodIp(engagement.podIp())
                .setContainer(engagement.container())
                .build();
    }

    static WorkloadSnapshot workloads(List<WorkloadBoard.Line> lines) {
        return WorkloadSnapshot.newBuilder()
                .addAllWorkloads(
                        lines.stream().map(EngagementTranslator::toWire).toList())
                .build();
    }

    private static Workload toWire(WorkloadBoard.Line line) {
        return Workload.newBuilder()
                .setKind(line.workload().ref().kind())
                .setName(line.workload().ref().name())
                .setNamespace(line.workload().ref().namespace())
                .setUid(line.workload().uid())
                .setAgentVersion(line.agentVersion())
                .setNotInterceptableReason(line.obstacle())
                .addAllEngagements(line.engagements().stream()
                        .map(e -> toWire(e, line.counts()))
                        .toList())
                .setReplicas(line.workload().replicas())
                .setReadyReplicas(line.workload().ready())
                .setReadyPods(line.readyPods())
                .setAgents(line.agents())
                .addAllBypasses(line.bypasses().stream()
                        .map(b -> Bypass.newBuilder()
                                .setPod(b.pod())
                                .setReason(b.reason())
                                .build())
                        .toList())
                .build();
    }

    private static EngagementKind kind(io.telepresence.rpc.engagement.EngagementKind wire) throws FaultException {
        return EngagementCodec.kind(wire)
                .orElseThrow(() -> Fault.user("this traffic-manager does not know that kind of engagement", "")
                        .exception());
    }

    private static io.telepresence.rpc.engagement.EngagementSpec toWire(EngagementSpec spec) {
        return io.telepresence.rpc.engagement.EngagementSpec.newBuilder()
                .setKind(EngagementCodec.toWire(spec.kind()))
                .setName(spec.name())
                .setNamespace(spec.namespace())
                .setWorkload(spec.workload())
                .setWorkloadKind(spec.workloadKind())
                .setService(spec.service())
                .setContainer(spec.container())
                .setTargetHost(spec.targetHost())
                .addAllPorts(spec.ports().stream()
                        .map(p -> PortRequest.newBuilder()
                                .setLocalPort(p.localPort())
                                .setIdentifier(p.identifier())
                                .build())
                        .toList())
                .addAllHttpHeaders(spec.filter().headers().stream()
                        .map(h -> HttpHeader.newBuilder()
                                .setName(h.name())
                                .setValue(h.value())
                                .build())
                        .toList())
                .addAllHttpPaths(spec.filter().paths().stream()
                        .map(p -> HttpPath.newBuilder()
                                .setKind(HttpPath.Kind.valueOf(p.kind().name()))
                                .setValue(p.value())
                                .build())
                        .toList())
                .setMechanism(spec.handling().mechanism())
                .setPlaintext(spec.handling().plaintext())
                .putAllMetadata(spec.handling().metadata())
                .addAllToPod(spec.handling().toPod().stream()
                        .map(p -> PodPort.newBuilder()
                                .setProtocol(p.udp() ? Protocol.UDP : Protocol.TCP)
                                .setPort(p.number())
                                .build())
                        .toList())
                .build();
    }

    private static EngagedPort toWire(Engagement.EngagedPort port) {
        return EngagedPort.newBuilder()
                .setProtocol(port.udp() ? Protocol.UDP : Protocol.TCP)
                .setLocalPort(port.localPort())
                .setContainerPort(port.containerPort())
                .setContainer(port.container())
                .setServiceName(port.service())
                .setServicePortName(port.servicePortName())
                .setServicePort(port.servicePort())
                .build();
    }
}

package io.telepresence.agent.manager;

import io.telepresence.agent.report.RequestVerdict;
import io.telepresence.agent.report.TrafficReport;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.TrafficCount;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.agent.SealedPort;
import io.telepresence.rpc.engagement.VerdictRecord;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.List;
import java.util.Map;

/** Counts and verdicts as heartbeats carry them. */
final class BeatTranslator {
    private BeatTranslator() {}

    static AgentBeat toWire(String session, String pod, TrafficReport.Batch batch, Map<Port, String> sealed) {
        AgentBeat.Builder beat = AgentBeat.newBuilder().setSessionId(session).addAllSealed(sealed(sealed));
        batch.counts()
                .forEach(count -> beat.addCounts(EngagementCodec.toWire(
                        count.engagementId(),
                        new TrafficCount(count.delivered(), count.dropped(), count.failedOpen()))));
        batch.seen().forEach(seen -> beat.addRecent(verdict(pod, seen)));
        return beat.build();
    }

    static List<SealedPort> sealed(Map<Port, String> sealed) {
        return sealed.entrySet().stream()
                .map(e -> SealedPort.newBuilder()
                        .setProtocol(Protocol.valueOf(e.getKey().transport().name()))
                        .setContainerPort(e.getKey().number())
                        .setReason(e.getValue())
                        .build())
                .toList();
    }

    private static VerdictRecord verdict(String pod, TrafficReport.Seen seen) {
        RequestVerdict verdict = seen.verdict();
        return VerdictRecord.newBuilder()
                .setTimeMs(seen.timeMillis())
                .setPod(pod)
                .setContainerPort(verdict.containerPort())
                .setMethod(verdict.method())
                .setPath(verdict.path())
                .setEngagementId(verdict.engagementId())
                .addAllTapIds(verdict.tapIds())
                .setFailedOpen(verdict.failedOpen())
                .build();
    }
}

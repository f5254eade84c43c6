package io.telepresence.agent.link;

import io.telepresence.agent.report.Reporter;
import io.telepresence.agent.report.RequestVerdict;
import io.telepresence.rpc.manager.AgentBeat;
import io.telepresence.rpc.manager.TrafficCount;
import io.telepresence.rpc.manager.VerdictRecord;

/** Counts and verdicts as heartbeats carry them. */
final class ReportTranslator {
    private ReportTranslator() {}

    static AgentBeat toWire(String session, String pod, Reporter.Batch batch) {
        AgentBeat.Builder beat = AgentBeat.newBuilder().setSessionId(session);
        batch.counts().forEach(count -> beat.addCounts(count(count)));
        batch.seen().forEach(seen -> beat.addRecent(verdict(pod, seen)));
        return beat.build();
    }

    private static TrafficCount count(Reporter.Count count) {
        return TrafficCount.newBuilder()
                .setEngagementId(count.engagementId())
                .setDelivered(count.delivered())
                .setDropped(count.dropped())
                .setFailedOpen(count.failedOpen())
                .build();
    }

    private static VerdictRecord verdict(String pod, Reporter.Seen seen) {
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

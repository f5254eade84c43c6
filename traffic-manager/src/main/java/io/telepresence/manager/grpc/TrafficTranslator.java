package io.telepresence.manager.grpc;

import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.HttpHead;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.TrafficCount;
import io.telepresence.manager.report.RouteExplainer;
import io.telepresence.manager.report.TrafficStats;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.agent.SealedPort;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.engagement.VerdictRecord;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.Explanation;
import io.telepresence.rpc.manager.RuleVerdict;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What agents report, and what users ask about it, to the wire and back. Pure. */
public final class TrafficTranslator {
    /** More in one beat is not listened to. */
    private static final int MOST_VERDICTS = 50;

    private static final int MOST_SEALED = 100;
    private static final int LONGEST_REASON = 500;

    private TrafficTranslator() {}

    static Map<String, TrafficCount> counts(AgentBeat beat) {
        return beat.getCountsList().stream()
                .collect(Collectors.toMap(
                        io.telepresence.rpc.engagement.TrafficCount::getEngagementId,
                        EngagementCodec::count,
                        (_, later) -> later));
    }

    /** At most so many as an agent has ports, with a clause each that fits into a sentence. */
    static Map<Port, String> sealed(List<SealedPort> wire) {
        return wire.stream()
                .filter(p -> Port.isNumber(p.getContainerPort()))
                .limit(MOST_SEALED)
                .collect(Collectors.toMap(
                        p -> Port.of(p.getProtocol() == Protocol.UDP, p.getContainerPort()),
                        p -> p.getReason().substring(0, Math.min(p.getReason().length(), LONGEST_REASON)),
                        (_, later) -> later));
    }

    /** @param pod of the agent */
    static List<TrafficStats.Verdict> verdicts(AgentBeat beat, String pod) {
        return beat.getRecentList().stream()
                .limit(MOST_VERDICTS)
                .map(v -> new TrafficStats.Verdict(
                        v.getTimeMs(),
                        pod,
                        v.getContainerPort(),
                        v.getMethod(),
                        v.getPath(),
                        v.getEngagementId(),
                        v.getTapIdsList(),
                        v.getFailedOpen()))
                .toList();
    }

    /** @param namespace of the client */
    public static RouteExplainer.Question fromWire(ExplainRequest wire, String namespace) {
        return new RouteExplainer.Question(
                wire.getNamespace().isEmpty() ? namespace : wire.getNamespace(),
                wire.getHost(),
                wire.getPort(),
                new Head(wire),
                wire.getLast());
    }

    /** The request that is asked about. */
    private record Head(ExplainRequest wire) implements HttpHead {
        @Override
        public String method() {
            return wire.getMethod();
        }

        @Override
        public String path() {
            return HttpHead.octets(HttpHead.pathOf(wire.getTarget()));
        }

        @Override
        public String header(String lowerCaseName) {
            List<String> values = wire.getHeadersList().stream()
                    .filter(h -> h.getName().toLowerCase(Locale.ROOT).equals(lowerCaseName))
                    .map(HttpHeader::getValue)
                    .toList();
            return values.isEmpty() ? null : HttpHead.octets(String.join(", ", values));
        }
    }

    public static Explanation toWire(RouteExplainer.Answer answer, Map<String, TrafficCount> counts) {
        return Explanation.newBuilder()
                .setWorkloadKind(answer.workload().kind())
                .setWorkload(answer.workload().name())
                .setNamespace(answer.workload().namespace())
                .setContainerPort(answer.containerPort())
                .addAllRules(answer.rules().stream()
                        .map(r -> RuleVerdict.newBuilder()
                                .setEngagement(
                                        EngagementCodec.toWire(r.engagement().reported(counts)))
                                .setTakes(r.takes())
                                .setReason(r.reason())
                                .build())
                        .toList())
                .setTakerId(answer.taker())
                .addAllPolicies(answer.policies())
                .addAllRecent(
                        answer.recent().stream().map(TrafficTranslator::toWire).toList())
                .build();
    }

    private static VerdictRecord toWire(TrafficStats.Verdict verdict) {
        return VerdictRecord.newBuilder()
                .setTimeMs(verdict.timeMillis())
                .setPod(verdict.pod())
                .setContainerPort(verdict.containerPort())
                .setMethod(verdict.method())
                .setPath(verdict.path())
                .setEngagementId(verdict.engagementId())
                .addAllTapIds(verdict.tapIds())
                .setFailedOpen(verdict.failedOpen())
                .build();
    }
}

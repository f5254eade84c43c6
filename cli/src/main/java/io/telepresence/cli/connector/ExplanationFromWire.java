package io.telepresence.cli.connector;

import io.telepresence.cli.daemon.Explanation;
import io.telepresence.rpc.engagement.VerdictRecord;
import java.util.List;

/** The manager's explanation as what {@code why} shows. */
final class ExplanationFromWire {
    private ExplanationFromWire() {}

    static Explanation explanation(io.telepresence.rpc.manager.Explanation wire) {
        return new Explanation(
                new Explanation.Workload(
                        wire.getWorkloadKind(), wire.getWorkload(), wire.getNamespace(), wire.getContainerPort()),
                wire.getRulesList().stream()
                        .flatMap(r -> EngagementFromWire.engagement(r.getEngagement())
                                .map(e -> new Explanation.Rule(e, r.getTakes(), r.getReason()))
                                .stream())
                        .toList(),
                wire.getTakerId(),
                wire.getRecentList().stream().map(ExplanationFromWire::verdict).toList(),
                List.copyOf(wire.getPoliciesList()));
    }

    private static Explanation.Verdict verdict(VerdictRecord wire) {
        return new Explanation.Verdict(
                wire.getTimeMs(),
                wire.getPod(),
                wire.getContainerPort(),
                wire.getMethod(),
                wire.getPath(),
                wire.getEngagementId(),
                List.copyOf(wire.getTapIdsList()),
                wire.getFailedOpen());
    }
}

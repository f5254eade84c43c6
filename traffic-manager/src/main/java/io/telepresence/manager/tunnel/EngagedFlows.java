package io.telepresence.manager.tunnel;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The open flows of each engagement. Any thread. */
final class EngagedFlows {
    private final Map<String, Set<TrackedFlow>> byEngagement = new ConcurrentHashMap<>();

    /** On the flow's loop. */
    void add(String engagement, TrackedFlow flow) {
        byEngagement.compute(engagement, (_, flows) -> {
            Set<TrackedFlow> open = flows == null ? ConcurrentHashMap.newKeySet() : flows;
            open.add(flow);
            return open;
        });
        flow.whenClosed(() -> byEngagement.computeIfPresent(engagement, (_, flows) -> {
            flows.remove(flow);
            return flows.isEmpty() ? null : flows;
        }));
    }

    /** Cuts what is still open when the grace is over. */
    void end(String engagement, Duration grace) {
        Set<TrackedFlow> flows = byEngagement.remove(engagement);
        if (flows != null) {
            flows.forEach(flow -> flow.loop()
                    .schedule(() -> flow.cut("the engagement has ended"), grace.toMillis(), TimeUnit.MILLISECONDS));
        }
    }
}

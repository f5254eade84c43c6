package io.telepresence.cli.daemon;

import java.util.List;

/**
 * A workload that the manager knows.
 *
 * @param agentVersion empty: no agent is installed
 * @param notInterceptable why not; empty: it can be engaged
 */
public record Workload(
        String kind,
        String name,
        String namespace,
        String uid,
        String agentVersion,
        String notInterceptable,
        List<Engagement> engagements) {

    /** Without where volumes are, for whoever cannot reach them there. */
    public Workload withoutMounts() {
        return new Workload(
                kind,
                name,
                namespace,
                uid,
                agentVersion,
                notInterceptable,
                engagements.stream().map(Engagement::withoutMount).toList());
    }
}

package io.telepresence.manager.inject;

import io.telepresence.manager.cluster.WorkloadRef;

/** What the webhook does with a pod. */
sealed interface Verdict {
    /** @param why for the log */
    record Leave(String why) implements Verdict {}

    record Inject(WorkloadRef workload) implements Verdict {}
}

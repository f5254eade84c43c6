package io.telepresence.manager.webhook;

import io.telepresence.manager.cluster.WorkloadRef;

/** What the webhook does with a pod. */
public sealed interface InjectionDecision {
    /** @param why for the log */
    record Leave(String why) implements InjectionDecision {}

    record Inject(WorkloadRef workload) implements InjectionDecision {}
}

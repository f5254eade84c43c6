package io.telepresence.manager.rollout;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.manager.sidecar.DesiredSidecars;
import io.telepresence.run.Watched;
import java.util.Optional;
import java.util.function.Consumer;

/** Brings agents into the pods of a workload, and takes them out. Implemented by the injector. */
public interface AgentInstaller {
    /**
     * Makes every pod of the workload as it is wished, but those of a Job, which stay as they are. Returns at once where that is so already; else starts the
     * replacement of the others, one after the other, returns when the first has been asked for, and goes on in the
     * background. Blocks for API calls: call it on a virtual thread. If a replacement is under way, its end looks at
     * the wish again. {@link DesiredSidecars#desired} says the same when this is called.
     *
     * @param progress gets a sentence when something happens that a waiting user would like to know; any thread
     * @throws FaultException there can be no agent: injection is disabled for this workload or altogether, or a pod of a
     *     Job has none
     */
    void ensure(WorkloadRef workload, DesiredConfig wish, Consumer<String> progress)
            throws FaultException, InterruptedException;

    /**
     * Whether every pod of the workload is as it is wished and no replacement is under way. Blocks for API calls.
     *
     * @throws FaultException the API server does not answer
     */
    boolean settled(WorkloadRef workload, DesiredConfig wish) throws FaultException;

    /** Why no pod of that workload's template can have an agent; empty: it can. Pods of Jobs are never replaced. */
    default Optional<String> obstacle(KubernetesWorkload workload) {
        return Optional.empty();
    }

    /** Whether pods of the workload are being replaced: what goes wrong with new ones is then looked at already. */
    default boolean busy(WorkloadRef workload) {
        return false;
    }

    /** Why the last replacement that was asked for has failed since; empty: it has not. */
    default Optional<Fault> failure(WorkloadRef workload) {
        return Optional.empty();
    }

    /** What keeps the API server from reaching the webhook, as a sentence; empty while all is well or unknown. */
    Watched<String> trouble();
}

package io.telepresence.manager.engage;

import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.rpc.manager.AgentConfig;
import io.telepresence.run.Watched;
import java.util.function.Consumer;

/** Brings agents into the pods of a workload. Implemented by the injector, called by {@link Engagements}. */
public interface AgentInstaller {
    /**
     * Makes sure that every pod of the workload has an agent of that configuration. Returns at once where that is so
     * already; else starts the replacement of the others, one after the other, returns when the first has been asked
     * for, and goes on in the background. Blocks for API calls: call it on a virtual thread. Calling it again while
     * a replacement is under way does not start another. {@link WishedAgents#wished} is true when this is called.
     *
     * @param progress gets a sentence when something happens that a waiting user would like to know; any thread
     * @throws FaultException there can be no agent: injection is disabled for this workload or altogether
     */
    void ensure(WorkloadRef workload, AgentConfig config, Consumer<String> progress)
            throws FaultException, InterruptedException;

    /** What keeps the API server from reaching the webhook, as a sentence; empty while all is well or unknown. */
    Watched<String> trouble();
}

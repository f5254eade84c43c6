package io.telepresence.manager.engage;

import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.telepresence.rpc.manager.AgentConfig;
import java.util.List;

/** What a user should know before a workload gets agents. Implemented by the injector. */
@FunctionalInterface
public interface Cautions {
    /** There are none. */
    Cautions NONE = (_, _) -> List.of();

    /**
     * One sentence each. Blocks for API calls.
     *
     * @param wish the configuration that agents in pods of that template are to get
     */
    List<String> of(PodTemplateSpec template, AgentConfig wish);
}

package io.telepresence.manager.networkpolicy;

import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.telepresence.rpc.agent.AgentConfig;
import java.util.List;
import java.util.stream.Stream;

/** What a user should know before a workload gets agents. Implemented by the injector. */
@FunctionalInterface
public interface InjectionWarnings {
    /** There are none. */
    InjectionWarnings NONE = (_, _) -> List.of();

    /**
     * What to say.
     *
     * @param text one sentence
     * @param lasting true also once the agents are there; else it is about their arrival
     */
    record Warning(String text, boolean lasting) {}

    /**
     * Blocks for API calls.
     *
     * @param wish the configuration that agents in pods of that template are to get
     */
    List<Warning> of(PodTemplateSpec template, AgentConfig wish);

    /** Those of both. */
    default InjectionWarnings and(InjectionWarnings others) {
        return (template, wish) -> Stream.of(this, others)
                .flatMap(c -> c.of(template, wish).stream())
                .toList();
    }
}

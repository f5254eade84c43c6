package io.telepresence.manager.webhook;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.telepresence.agree.AgentNames;
import java.util.Optional;

/**
 * Says whether the pods of a Job or CronJob can have an agent: they are never made again for the sake of one, and they
 * must come to their end beside it. Pure.
 *
 * @param nativeSidecars whether agents end with the application
 */
public record JobRules(boolean nativeSidecars) {
    /** Empty: they can. */
    Optional<String> refusal(ObjectMeta template) {
        if (!InjectionPolicy.enabled(template)) {
            return Optional.of("pods of a Job are never replaced, so the annotation " + AgentNames.INJECT
                    + " of its pod template must be enabled from the start");
        }
        return nativeSidecars
                ? Optional.empty()
                : Optional.of("it would never complete, because agents are no native sidecars here (with"
                        + " agent.sidecar=auto they are from Kubernetes 1.32 on, with native from 1.29)");
    }
}

package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.Map;
import java.util.Optional;

/** What the pod security admission of Kubernetes lets into a namespace, by the namespace's label. */
public final class PodSecurity {
    private static final String ENFORCE = "pod-security.kubernetes.io/enforce";
    private static final String PRIVILEGED = "privileged";

    private PodSecurity() {}

    /** Why no container with the capability NET_ADMIN is admitted there, as a clause; empty: one is. */
    public static Optional<String> withoutNetAdmin(ObjectMeta namespace) {
        Map<String, String> labels = namespace.getLabels();
        // The levels that there are besides; one that does not exist counts as the strictest.
        return Optional.ofNullable(labels == null ? null : labels.get(ENFORCE))
                .filter(level -> !level.equals(PRIVILEGED))
                .map(level -> "its label " + ENFORCE + " is " + level);
    }
}

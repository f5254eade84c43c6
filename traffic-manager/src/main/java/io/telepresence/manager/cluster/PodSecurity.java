package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the pod security admission of Kubernetes lets into a namespace, by the namespace's label. */
public final class PodSecurity {
    private static final String ENFORCE = "pod-security.kubernetes.io/enforce";
    private static final String PRIVILEGED = "privileged";
    private static final String BASELINE = "baseline";

    /** OpenShift writes it on every namespace; its constraints admit neither NET_ADMIN nor root unless somebody grants it. */
    private static final String OPENSHIFT = "openshift.io/sa.scc.uid-range";

    private PodSecurity() {}

    /** Why no container with the capability NET_ADMIN is admitted there, as a clause; empty: one is. */
    public static Optional<String> withoutNetAdmin(ObjectMeta namespace) {
        return Optional.of(level(namespace))
                .filter(level -> !level.equals(PRIVILEGED))
                .map(level -> "its label " + ENFORCE + " is " + level);
    }

    /** Whether a container may be root there, with SETUID and SETGID. */
    public static boolean admitsRoot(ObjectMeta namespace) {
        return Set.of(PRIVILEGED, BASELINE).contains(level(namespace)) && !isOpenShift(namespace);
    }

    /** Whether OpenShift's own constraints hold there, too. */
    public static boolean isOpenShift(ObjectMeta namespace) {
        return namespace.getAnnotations() != null && namespace.getAnnotations().containsKey(OPENSHIFT);
    }

    /** One that does not exist counts as the strictest. */
    private static String level(ObjectMeta namespace) {
        Map<String, String> labels = namespace.getLabels();
        return labels == null ? PRIVILEGED : labels.getOrDefault(ENFORCE, PRIVILEGED);
    }
}

package io.telepresence.manager.sidecar;

import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.sidecar.MountPolicies.Policy;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.VolumeLimits;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What no agent shares of the application's volumes, whatever pods and mount policies say. Any thread; quick. */
@FunctionalInterface
public interface VolumeRules {
    VolumeRules NONE = _ -> Limits.NONE;

    /** For the pods of a workload; of one that is not known (yet), all that may count. */
    Limits of(WorkloadRef workload);

    /**
     * @param withheld names of volumes that nobody shares
     * @param noTokens no volume with a service account token is shared
     * @param readOnly nobody writes a volume
     */
    record Limits(Set<String> withheld, boolean noTokens, boolean readOnly) {
        public static final Limits NONE = new Limits(Set.of(), false, false);

        /** Where the API server mounts the token of a pod that has asked for nothing else. */
        private static final String TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount";

        public Limits {
            withheld = Set.copyOf(withheld);
        }

        /** Both of them. */
        public Limits with(Limits other) {
            Set<String> all = new TreeSet<>(withheld);
            all.addAll(other.withheld);
            return new Limits(all, noTokens || other.noTokens, readOnly || other.readOnly);
        }

        /** What is left of that policy. */
        Policy limited(PodSpec spec, VolumeMount mount, Policy policy) {
            if (withheld.contains(mount.getName()) || noTokens && holdsToken(spec, mount)) {
                return Policy.IGNORE;
            }
            return readOnly && policy == Policy.REMOTE ? Policy.REMOTE_READ_ONLY : policy;
        }

        private static boolean holdsToken(PodSpec spec, VolumeMount mount) {
            String path = MountPolicies.path(mount.getMountPath());
            boolean usual = (path + "/").startsWith(TOKEN + "/") || path.startsWith("/run/secrets/kubernetes.io/");
            return usual
                    || spec.getVolumes().stream()
                            .filter(v -> v.getName().equals(mount.getName()))
                            .anyMatch(Limits::projectsToken);
        }

        private static boolean projectsToken(Volume volume) {
            return volume.getProjected() != null
                    && volume.getProjected().getSources().stream().anyMatch(s -> s.getServiceAccountToken() != null);
        }

        VolumeLimits toWire() {
            return VolumeLimits.newBuilder()
                    .addAllWithheld(List.copyOf(new TreeSet<>(withheld)))
                    .setNoTokens(noTokens)
                    .setReadOnly(readOnly)
                    .build();
        }

        /** Whether a pod with that configuration was made under these limits, or narrower ones. */
        public boolean keptBy(AgentConfig config) {
            VolumeLimits kept = config.getVolumeLimits();
            return Set.copyOf(kept.getWithheldList()).containsAll(withheld)
                    && (kept.getNoTokens() || !noTokens)
                    && (kept.getReadOnly() || !readOnly);
        }

        static Limits of(AgentConfig config) {
            VolumeLimits wire = config.getVolumeLimits();
            return new Limits(Set.copyOf(wire.getWithheldList()), wire.getNoTokens(), wire.getReadOnly());
        }
    }
}

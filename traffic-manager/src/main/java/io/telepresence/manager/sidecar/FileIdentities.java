package io.telepresence.manager.sidecar;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.rpc.agent.FileIdentity;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/** Who the containers of a pod are to file systems, as far as its spec says it. Pure. */
record FileIdentities(PodSpec spec) {
    /**
     * By name of the container, where they are not all the same, so that an agent with one user of its own could not serve
     * each of them; else empty. Containers without volumes do not count. Empty, too, where a container must not be root:
     * whoever says that of one may ask it of all.
     */
    Map<String, FileIdentity> different() {
        Map<String, FileIdentity> all = new HashMap<>();
        for (Container container : PodContainers.application(spec)) {
            if (said(container, SecurityContext::getRunAsNonRoot, PodSecurityContext::getRunAsNonRoot)
                    .orElse(false)) {
                return Map.of();
            }
            if (!container.getVolumeMounts().isEmpty()) {
                all.put(container.getName(), of(container));
            }
        }
        return new HashSet<>(all.values()).size() > 1 ? all : Map.of();
    }

    private FileIdentity of(Container container) {
        FileIdentity.Builder identity = FileIdentity.newBuilder()
                .setUser(said(container, SecurityContext::getRunAsUser, PodSecurityContext::getRunAsUser)
                        .orElse(0L))
                .setGroup(said(container, SecurityContext::getRunAsGroup, PodSecurityContext::getRunAsGroup)
                        .orElse(0L));
        if (pod().getFsGroup() != null) {
            identity.addGroups(pod().getFsGroup());
        }
        return identity.addAllGroups(pod().getSupplementalGroups()).build();
    }

    private <T> Optional<T> said(
            Container container, Function<SecurityContext, T> own, Function<PodSecurityContext, T> all) {
        return Optional.ofNullable(container.getSecurityContext())
                .map(own)
                .or(() -> Optional.ofNullable(all.apply(pod())));
    }

    private PodSecurityContext pod() {
        return Objects.requireNonNullElseGet(spec.getSecurityContext(), PodSecurityContext::new);
    }
}

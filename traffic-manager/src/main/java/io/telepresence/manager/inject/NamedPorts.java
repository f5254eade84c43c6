package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.cluster.PodSecurity;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * How an agent gets the traffic of a port that a Service finds by its name. It is redirected, so that the Service leads
 * to the same number as without an agent, and what is written of that number (network policies, firewalls, monitors)
 * stays true. It is renamed, so that the Service leads to the agent's number, only where redirection cannot be had: where
 * the namespace admits no container with NET_ADMIN, or nobody knows whether it does, and in the pods of a mesh, whose
 * proxy takes connections before the redirection would.
 *
 * @param enabled false: they are renamed everywhere
 * @param namespaces metadata of a namespace; empty: it cannot be read. May ask the API server
 */
public record NamedPorts(boolean enabled, Function<String, Optional<ObjectMeta>> namespaces) {
    static final NamedPorts RENAMED = new NamedPorts(false, _ -> Optional.empty());

    /** Labels or annotations, of the pod or else of its namespace, that say whether it is part of a mesh. */
    private static final Set<String> MESHES = Set.of(
            "sidecar.istio.io/inject",
            "istio-injection",
            "istio.io/rev",
            "istio.io/dataplane-mode",
            "linkerd.io/inject",
            "kuma.io/sidecar-injection",
            "consul.hashicorp.com/connect-inject");

    private static final Set<String> NO = Set.of("false", "disabled", "none", "");
    private static final Set<String> PROXIES =
            Set.of("istio-proxy", "linkerd-proxy", "kuma-sidecar", "consul-dataplane", "envoy-sidecar");

    /** Whether the named ports of that pod are redirected. Blocks for one API call at most. */
    boolean redirected(Pod pod, String namespace) {
        if (!enabled || hasProxy(pod)) {
            return false;
        }
        return namespaces
                .apply(namespace)
                .filter(NamedPorts::admitsNetAdmin)
                .filter(meta ->
                        !inMesh(pod.getMetadata()).orElseGet(() -> inMesh(meta).orElse(false)))
                .isPresent();
    }

    private static boolean admitsNetAdmin(ObjectMeta namespace) {
        return PodSecurity.withoutNetAdmin(namespace).isEmpty() && !PodSecurity.isOpenShift(namespace);
    }

    private static boolean hasProxy(Pod pod) {
        return PodContainers.running(pod.getSpec()).anyMatch(c -> PROXIES.contains(c.getName()));
    }

    /** Empty: it does not say. */
    private static Optional<Boolean> inMesh(ObjectMeta meta) {
        if (meta == null) {
            return Optional.empty();
        }
        Map<String, String> said = new HashMap<>(map(meta.getAnnotations()));
        said.putAll(map(meta.getLabels()));
        said.keySet().retainAll(MESHES);
        return said.isEmpty() ? Optional.empty() : Optional.of(NO.stream().noneMatch(said::containsValue));
    }

    private static Map<String, String> map(Map<String, String> mayBeNull) {
        return mayBeNull == null ? Map.of() : mayBeNull;
    }
}

package io.telepresence.userd.kubeconfig;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One cluster, one user, one namespace: the effective kubeconfig after merging and flags. All paths in it are absolute.
 * It holds secrets: never log it.
 *
 * @param context name of the context; empty without one
 * @param namespace the context's or the flag's namespace; {@code default} without one
 * @param cluster the kubeconfig's {@code cluster} object, flags applied
 * @param user the kubeconfig's {@code user} object, flags applied
 * @param userName how the kubeconfig names the user
 * @param via how this process gets there
 */
public record KubeTarget(
        String context,
        String namespace,
        Map<String, Object> cluster,
        Map<String, Object> user,
        String userName,
        Via via) {

    /**
     * What is not the kubeconfig's.
     *
     * @param plugin gives credentials; null: the kubeconfig's own exec plugin, if it has one
     * @param dial host:port to connect to instead of the URL's; empty: the URL's
     * @param caller whose plugins and proxies these are
     */
    public record Via(CredentialPlugin plugin, String dial, CallerEnvironment caller) {
        public static final Via DIRECT = new Via(null, "", CallerEnvironment.NONE);

        public Via {
            Objects.requireNonNull(dial);
        }

        public Via dialling(String other) {
            return new Via(plugin, other, caller);
        }
    }

    public KubeTarget(
            String context, String namespace, Map<String, Object> cluster, Map<String, Object> user, String userName) {
        this(context, namespace, cluster, user, userName, Via.DIRECT);
    }

    public KubeTarget with(Via other) {
        return new KubeTarget(context, namespace, cluster, user, userName, other);
    }

    /** Null: the user has none. */
    public CredentialPlugin plugin() {
        if (via.plugin() != null) {
            return via.plugin();
        }
        return user.get("exec") instanceof Map<?, ?> exec ? new ExecPlugin(exec, cluster, via.caller()) : null;
    }

    /** The API server's URL. */
    public String server() {
        return text(cluster, "server");
    }

    /** The cluster's extension {@code telepresence.io}; empty without one. */
    public Map<?, ?> extension() {
        if (cluster.get("extensions") instanceof List<?> all) {
            for (Object each : all) {
                if (each instanceof Map<?, ?> named
                        && "telepresence.io".equals(named.get("name"))
                        && named.get("extension") instanceof Map<?, ?> extension) {
                    return extension;
                }
            }
        }
        return Map.of();
    }

    /** A kubeconfig that holds just this target, for programs that need a file. */
    public Map<String, Object> asKubeconfig() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("apiVersion", "v1");
        all.put("kind", "Config");
        all.put("clusters", List.of(Map.of("name", "target", "cluster", cluster)));
        all.put("users", List.of(Map.of("name", "target", "user", user)));
        Map<String, Object> inner = Map.of("cluster", "target", "user", "target", "namespace", namespace);
        all.put("contexts", List.of(Map.of("name", "target", "context", inner)));
        all.put("current-context", "target");
        return all;
    }

    /** Without contents: there are secrets in it. */
    @Override
    public String toString() {
        return "context " + context + ", server " + server() + ", namespace " + namespace;
    }

    public static String text(Map<?, ?> map, String key) {
        Object value = map.get(key);
        return value == null ? "" : value.toString();
    }
}

package io.telepresence.userd.kubeconfig;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.telepresence.fault.FaultException;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** The variable KUBERNETES_EXEC_INFO of a credential plugin: the API client.authentication.k8s.io, kind ExecCredential. */
final class ExecInfo {
    /** Extension of a cluster that is meant for its plugins. */
    private static final String CONFIG = "client.authentication.k8s.io/exec";

    private ExecInfo() {}

    /**
     * As JSON; reads the file of the certificate authority.
     *
     * @param interactive the plugin may read what the user types
     */
    static String json(Map<?, ?> exec, Map<String, Object> cluster, boolean interactive) throws FaultException {
        JsonObject spec = new JsonObject();
        if (isTrue(exec, "provideClusterInfo")) {
            spec.add("cluster", cluster(cluster));
        }
        spec.addProperty("interactive", interactive);
        JsonObject root = new JsonObject();
        root.addProperty("kind", "ExecCredential");
        root.addProperty("apiVersion", KubeTarget.text(exec, "apiVersion"));
        root.add("spec", spec);
        return root.toString();
    }

    private static JsonObject cluster(Map<String, Object> cluster) throws FaultException {
        JsonObject told = new JsonObject();
        told.addProperty("server", KubeTarget.text(cluster, "server"));
        for (String name : List.of("tls-server-name", "proxy-url")) {
            if (!KubeTarget.text(cluster, name).isEmpty()) {
                told.addProperty(name, KubeTarget.text(cluster, name));
            }
        }
        for (String name : List.of("insecure-skip-tls-verify", "disable-compression")) {
            if (isTrue(cluster, name)) {
                told.addProperty(name, true);
            }
        }
        byte[] authority = Credentials.data(cluster, "certificate-authority");
        if (authority != null) {
            told.addProperty("certificate-authority-data", Base64.getEncoder().encodeToString(authority));
        }
        JsonElement config = config(cluster);
        if (config != null) {
            told.add("config", config);
        }
        return told;
    }

    /** Null: the cluster has none. */
    private static JsonElement config(Map<String, Object> cluster) {
        if (cluster.get("extensions") instanceof List<?> all) {
            for (Object each : all) {
                if (each instanceof Map<?, ?> named && CONFIG.equals(named.get("name"))) {
                    return named.get("extension") == null ? null : new Gson().toJsonTree(named.get("extension"));
                }
            }
        }
        return null;
    }

    private static boolean isTrue(Map<?, ?> map, String name) {
        return "true".equals(KubeTarget.text(map, name));
    }
}

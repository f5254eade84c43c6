package io.telepresence.userd.kubeconfig;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Puts the Kubernetes flags over what the kubeconfig says. */
final class KubeconfigOverrides {
    private KubeconfigOverrides() {}

    static void apply(KubeconfigRequest options, Map<String, Object> cluster, Map<String, Object> user) {
        text(options, "server", cluster, "server");
        cluster.computeIfPresent("server", (k, v) -> v.toString().contains("://") ? v : "https://" + v);
        text(options, "proxy-url", cluster, "proxy-url");
        text(options, "tls-server-name", cluster, "tls-server-name");
        path(options, "certificate-authority", cluster);
        if (options.isSet("insecure-skip-tls-verify")) {
            cluster.put("insecure-skip-tls-verify", true);
        }
        if (options.isSet("disable-compression")) {
            cluster.put("disable-compression", true);
        }
        if (!options.flag("token").isEmpty()) {
            List.of("tokenFile", "exec", "auth-provider", "username", "password")
                    .forEach(user::remove);
            user.put("token", options.flag("token"));
        }
        path(options, "client-certificate", user);
        path(options, "client-key", user);
        text(options, "as", user, "as");
        text(options, "as-uid", user, "as-uid");
        if (options.flags().containsKey("as-group")) {
            user.put("as-groups", options.flags().get("as-group"));
        }
        extras(options.flags().getOrDefault("as-user-extra", List.of()), user);
    }

    private static void text(KubeconfigRequest options, String flag, Map<String, Object> into, String key) {
        if (!options.flag(flag).isEmpty()) {
            into.put(key, options.flag(flag));
        }
    }

    private static void path(KubeconfigRequest options, String flag, Map<String, Object> into) {
        if (!options.flag(flag).isEmpty()) {
            into.remove(flag + "-data");
            into.put(flag, options.path(options.flag(flag)).toString());
        }
    }

    private static void extras(List<String> flags, Map<String, Object> user) {
        if (flags.isEmpty()) {
            return;
        }
        Map<String, List<String>> all = new LinkedHashMap<>();
        for (String flag : flags) {
            int equals = flag.indexOf('=');
            String key = equals < 0 ? flag : flag.substring(0, equals);
            all.computeIfAbsent(key, k -> new ArrayList<>()).add(equals < 0 ? "" : flag.substring(equals + 1));
        }
        user.put("as-user-extra", all);
    }
}

package io.telepresence.userd.kubeconfig;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Several kubeconfig texts as one: for each name the first file that has it wins, as with kubectl. Relative paths in a
 * file are relative to the file. Not thread-safe.
 */
final class KubeconfigFile {
    private static final List<String> CLUSTER_PATHS = List.of("certificate-authority");
    private static final List<String> USER_PATHS = List.of("client-certificate", "client-key", "tokenFile");

    final Map<String, Map<String, Object>> clusters = new LinkedHashMap<>();
    final Map<String, Map<String, Object>> users = new LinkedHashMap<>();
    final Map<String, Map<String, Object>> contexts = new LinkedHashMap<>();
    String currentContext = "";

    /** @param where names the text in faults */
    void add(String text, String where, Path directory) throws FaultException {
        Object root;
        try {
            root = new Load(LoadSettings.builder().setLabel(where).build()).loadFromString(text);
        } catch (YamlEngineException e) {
            String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw Fault.config("the kubeconfig " + where + " is not valid YAML: " + first, "")
                    .exception(e);
        }
        if (root == null) {
            return;
        }
        if (!(root instanceof Map<?, ?> map)) {
            throw Fault.config("the kubeconfig " + where + " is not a kubeconfig", "")
                    .exception();
        }
        collect(map, "clusters", "cluster", clusters, CLUSTER_PATHS, directory);
        collect(map, "users", "user", users, USER_PATHS, directory);
        collect(map, "contexts", "context", contexts, List.of(), directory);
        if (currentContext.isEmpty()) {
            currentContext = KubeTarget.text(map, "current-context");
        }
    }

    private static void collect(
            Map<?, ?> root,
            String plural,
            String singular,
            Map<String, Map<String, Object>> into,
            List<String> paths,
            Path directory) {
        if (!(root.get(plural) instanceof List<?> all)) {
            return;
        }
        for (Object each : all) {
            if (each instanceof Map<?, ?> named && named.get("name") != null) {
                Map<String, Object> value = new LinkedHashMap<>();
                if (named.get(singular) instanceof Map<?, ?> inner) {
                    inner.forEach((k, v) -> value.put(k.toString(), v));
                }
                paths.forEach(p -> value.computeIfPresent(
                        p,
                        (k, v) -> v.toString().isEmpty()
                                ? v
                                : directory.resolve(v.toString()).toString()));
                value.computeIfPresent("exec", (k, v) -> exec(v, directory));
                into.putIfAbsent(named.get("name").toString(), value);
            }
        }
    }

    /** A plugin that is named with a relative path lies beside the kubeconfig. */
    private static Object exec(Object exec, Path directory) {
        if (!(exec instanceof Map<?, ?> map)) {
            return exec;
        }
        Map<String, Object> copy = new LinkedHashMap<>();
        map.forEach((k, v) -> copy.put(k.toString(), v));
        String command = KubeTarget.text(map, "command");
        if (command.indexOf('/') > 0) {
            copy.put("command", directory.resolve(command).toString());
        }
        return copy;
    }
}

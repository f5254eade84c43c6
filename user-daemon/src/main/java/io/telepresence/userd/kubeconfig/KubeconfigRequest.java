package io.telepresence.userd.kubeconfig;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What the caller said about the cluster. The caller's environment counts, not this daemon's. It may hold secrets: never log
 * it.
 *
 * @param flags flag name without dashes to its values; only those that were given
 * @param kubeconfigEnv the caller's KUBECONFIG, or empty
 * @param home the caller's home
 * @param caller relative paths in flags and KUBECONFIG start at its working directory
 * @param stdin contents of the kubeconfig when {@code --kubeconfig -} was given
 * @param inCluster use the pod's service account when no kubeconfig is there
 */
public record KubeconfigRequest(
        Map<String, List<String>> flags,
        String kubeconfigEnv,
        Path home,
        CallerEnvironment caller,
        String stdin,
        boolean inCluster) {

    /** For a caller of which only the place is known. */
    public KubeconfigRequest(
            Map<String, List<String>> flags,
            String kubeconfigEnv,
            Path home,
            Path workingDirectory,
            String stdin,
            boolean inCluster) {
        this(
                flags,
                kubeconfigEnv,
                home,
                new CallerEnvironment(Map.of(), workingDirectory, PluginTerminal.NONE),
                stdin,
                inCluster);
    }

    public Path workingDirectory() {
        return caller.workingDirectory();
    }

    /** The last value of a flag, or empty. */
    public String flag(String name) {
        List<String> values = flags.getOrDefault(name, List.of());
        return values.isEmpty() ? "" : values.getLast();
    }

    boolean isSet(String name) {
        return flag(name).equalsIgnoreCase("true");
    }

    Path path(String text) {
        return text.startsWith("~/")
                ? home.resolve(text.substring(2))
                : workingDirectory().resolve(text);
    }

    @Override
    public String toString() {
        return "Kubernetes flags " + flags.keySet();
    }
}

package io.telepresence.cli.daemon;

import java.util.List;
import java.util.Map;

/**
 * The shared Kubernetes flags, and what of the caller's surroundings they depend on.
 *
 * @param flags flag name without dashes to its values, only those that were given
 * @param stdin the kubeconfig where {@code --kubeconfig} is {@code -}; else empty
 */
public record KubeFlags(Map<String, List<String>> flags, CallerEnvironment place, byte[] stdin, Shell shell) {
    /**
     * What credential plugins see of the shell where the command was typed.
     *
     * @param environment all of it
     * @param beforePlugin makes room on the terminal for what a plugin writes
     */
    public record Shell(Map<String, String> environment, Runnable beforePlugin) {}

    /**
     * Where the command was typed: relative paths are the caller's.
     *
     * @param kubeconfig the variable KUBECONFIG; may be empty
     * @param inCluster the command runs in a pod
     * @param configFile {@code --config}; empty: the default one
     */
    public record CallerEnvironment(
            String kubeconfig, String home, String workingDirectory, boolean inCluster, String configFile) {}
}

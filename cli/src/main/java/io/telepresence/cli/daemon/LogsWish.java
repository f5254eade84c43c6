package io.telepresence.cli.daemon;

/**
 * What {@code gather-logs} asks for.
 *
 * @param daemons comma list of all, root, user, None
 * @param outputFile absolute path of a .zip file
 * @param trafficAgents all, None, or a part of a pod name
 */
public record LogsWish(
        boolean anonymize,
        String daemons,
        boolean podYaml,
        String outputFile,
        String trafficAgents,
        boolean trafficManager) {}

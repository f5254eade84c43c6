package io.telepresence.cli.daemon;

import java.nio.file.Path;

/**
 * What {@code gather-logs} asks for.
 *
 * @param daemons comma list of all, root, user, None
 * @param outputFile absolute path of a .zip file
 * @param trafficAgents all, None, or a part of a pod name
 */
public record GatherLogsRequest(
        boolean anonymize,
        String daemons,
        boolean podYaml,
        String outputFile,
        String trafficAgents,
        boolean trafficManager) {
    /** The same into another file. */
    public GatherLogsRequest to(Path file) {
        return new GatherLogsRequest(anonymize, daemons, podYaml, file.toString(), trafficAgents, trafficManager);
    }
}

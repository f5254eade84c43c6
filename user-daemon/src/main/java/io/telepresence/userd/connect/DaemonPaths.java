package io.telepresence.userd.connect;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where this daemon lives.
 *
 * @param uid the user
 * @param directory of the user's sockets
 * @param rootSocket of the root daemon
 * @param logs directory of this user's log files
 * @param rootLogs directory of the root daemon's
 * @param executable bin/telepresence
 * @param mounts directory that remembers mounts
 * @param installId names this installation to the manager
 * @param sources what the user has on the laptop
 * @param inDocker this is a container of {@code connect --docker}: the laptop is outside
 */
public record DaemonPaths(
        Map<String, String> environment,
        long uid,
        Path directory,
        Path rootSocket,
        Path logs,
        Path rootLogs,
        Path executable,
        Path mounts,
        String installId,
        ClientSources sources,
        boolean inDocker) {}

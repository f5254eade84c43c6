package io.telepresence.cli.docker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;

/** The directory of this machine where a daemon in a container writes its logs. */
final class ContainerLogs {
    private ContainerLogs() {}

    /**
     * Makes it, so that the daemon can write there, and nobody but this user can read. Files of a daemon that was another
     * user are deleted: the next one could not write them.
     *
     * @param uid of this user
     * @param stranger whether the daemon is another user to this machine; then all may write, who get past the directory
     *     above, which becomes this user's alone
     */
    static void prepare(Path logs, long uid, boolean stranger) throws IOException {
        Files.createDirectories(logs);
        Files.setPosixFilePermissions(logs, PosixFilePermissions.fromString(stranger ? "rwxrwxrwx" : "rwx------"));
        if (stranger) {
            Files.setPosixFilePermissions(logs.getParent(), PosixFilePermissions.fromString("rwx------"));
        }
        try (Stream<Path> files = Files.list(logs)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                boolean ours = ((Number) Files.getAttribute(file, "unix:uid")).longValue() == uid;
                if (ours == stranger) {
                    Files.delete(file);
                }
            }
        }
    }
}

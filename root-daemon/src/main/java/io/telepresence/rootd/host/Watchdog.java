package io.telepresence.rootd.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shell that outlives this process if it is killed with SIGKILL, and then undoes the journal at once. It waits for the
 * end of a pipe that only this process holds; {@link #close} tells it that all is well. It is in a session of its own,
 * so the terminal's signals do not reach it.
 */
public final class Watchdog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);
    /** {@code mv} claims the journal: whatever a successor writes under that name is not the guardian's business. */
    private static final String SCRIPT =
            """
            #!/bin/sh
            # Undoes what the root daemon changed, if the daemon is killed. $1: the daemon's directory.
            trap '' HUP INT TERM PIPE
            while read -r line; do
              [ "$line" = bye ] && exit 0
            done
            cd "$1" || exit 1
            mv journal "journal-of-the-dead.$$" 2>/dev/null || exit 0
            tac "journal-of-the-dead.$$" | sh >/dev/null 2>&1
            rm -f "journal-of-the-dead.$$"
            """;

    private final Process process;

    private Watchdog(Process process) {
        this.process = process;
    }

    /** Starts to watch over the journal in {@code directory}. */
    public static Watchdog start(Path directory) throws IOException {
        Path script = directory.resolve("guardian.sh");
        Files.deleteIfExists(script);
        Files.createFile(script, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(script, SCRIPT);
        List<String> command = new ArrayList<>();
        LinuxHost.find("setsid").ifPresent(command::add);
        command.addAll(List.of("/bin/sh", script.toString(), directory.toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().put("PATH", LinuxHost.PATH);
        return new Watchdog(builder.start());
    }

    @Override
    public void close() {
        try (var stdin = process.getOutputStream()) {
            stdin.write("bye\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            LOG.debug("the guardian had gone already: {}", e.getMessage());
        }
    }
}

package io.telepresence.userd.root;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Starts the root daemon again after it was lost: directly as root, else through {@code sudo -n}, which never asks. Blocks
 * for at most ten seconds.
 */
public final class RootLauncher {
    private final Path executable;
    private final long uid;
    private final Path logs;

    /**
     * @param executable bin/telepresence
     * @param uid the user that the daemon serves
     * @param logs where its log goes
     */
    public RootLauncher(Path executable, long uid, Path logs) {
        this.executable = executable;
        this.uid = uid;
        this.logs = logs;
    }

    /** For a root daemon that somebody else starts again: nothing is to be done but to wait. */
    public static RootLauncher supervised() {
        return new RootLauncher(null, 0, null);
    }

    void launch() throws FaultException {
        if (executable == null) {
            return;
        }
        List<String> command = new ArrayList<>(uid == 0 ? List.of() : List.of("sudo", "-n", "--"));
        command.addAll(List.of(
                executable.toString(),
                "rootd",
                "--detach",
                logs.resolve("daemon-start.log").toString()));
        command.addAll(List.of(
                "--owner",
                Long.toString(uid),
                "--log-file",
                logs.resolve("daemon.log").toString()));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw fault().exception();
            }
        } catch (IOException e) {
            throw fault().exception(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw fault().exception(e);
        }
    }

    private static Fault fault() {
        return Fault.denied(
                "the root daemon ended and cannot be started again without a password",
                "Run: telepresence quit -s, then telepresence connect");
    }
}

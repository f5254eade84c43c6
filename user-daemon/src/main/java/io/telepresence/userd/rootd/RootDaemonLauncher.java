package io.telepresence.userd.rootd;

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
public final class RootDaemonLauncher {
    private final Path executable;
    private final long uid;

    /**
     * @param executable bin/telepresence
     * @param uid of this process; the daemon will serve it
     */
    public RootDaemonLauncher(Path executable, long uid) {
        this.executable = executable;
        this.uid = uid;
    }

    /** For a root daemon that somebody else starts again: nothing is to be done but to wait. */
    public static RootDaemonLauncher supervised() {
        return new RootDaemonLauncher(null, 0);
    }

    void launch() throws FaultException {
        if (executable == null) {
            return;
        }
        List<String> command = new ArrayList<>(uid == 0 ? List.of() : List.of("sudo", "-n", "--"));
        command.addAll(List.of(executable.toString(), "rootd", "--detach"));
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD);
            builder.environment().remove("SUDO_UID"); // of a root shell that sudo began: the owner is root
            Process process = builder.start();
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

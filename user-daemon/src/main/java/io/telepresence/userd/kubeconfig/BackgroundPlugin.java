package io.telepresence.userd.kubeconfig;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.run.ProcessOutput;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a credential plugin where nobody sees it: it can ask nothing, and has 30 s. */
final class BackgroundPlugin {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int LARGEST_OUTPUT = 4 << 20;
    private static final int LARGEST_ERROR = 64 << 10;

    private BackgroundPlugin() {}

    /** @throws IOException it cannot be started */
    static PluginTerminal.Ended run(PluginTerminal.Start start, CallerEnvironment caller)
            throws FaultException, IOException {
        List<String> line = new ArrayList<>(List.of(caller.program(start.command())));
        line.addAll(start.arguments());
        ProcessBuilder builder = new ProcessBuilder(line).redirectInput(new File("/dev/null"));
        builder.environment().clear();
        builder.environment().putAll(caller.variables());
        builder.environment().putAll(start.environment());
        if (Files.isDirectory(caller.workingDirectory())) {
            builder.directory(caller.workingDirectory().toFile());
        }
        return await(start.command(), builder.start());
    }

    private static PluginTerminal.Ended await(String command, Process process) throws FaultException {
        ProcessOutput out = ProcessOutput.of("exec-plugin-out", process.getInputStream(), LARGEST_OUTPUT);
        ProcessOutput err = ProcessOutput.of("exec-plugin-err", process.getErrorStream(), LARGEST_ERROR);
        try {
            if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw Fault.denied(
                                "the credential plugin \"" + command + "\" did not end within " + LIMIT.toSeconds()
                                        + " s; it may be waiting for input that it cannot get here",
                                ExecPlugin.AGAIN)
                        .exception();
            }
            byte[] output = out.afterExit();
            return new PluginTerminal.Ended(
                    process.exitValue(), output, new String(err.afterExit(), StandardCharsets.UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.unreachable("interrupted while the credential plugin ran", "")
                    .exception(e);
        } finally {
            if (process.isAlive()) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }
    }
}

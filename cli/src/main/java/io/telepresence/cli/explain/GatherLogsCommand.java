package io.telepresence.cli.explain;

import io.telepresence.cli.docker.DockerMode;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.cli.registry.SelectedDaemon;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence gather-logs}. */
public final class GatherLogsCommand implements Command {
    private static final String GATHERED = "gathered.zip";

    @Override
    public String name() {
        return "gather-logs";
    }

    @Override
    public String summary() {
        return "Collect the logs of all components in a zip file";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create()
                .addOption(OptionSpecs.flag("Replace the names of pods and namespaces", "-a", "--anonymize"))
                .addOption(OptionSpecs.text(
                        "Comma-separated list of all, root, user, kubeauth, None (default all)", "--daemons"))
                .addOption(OptionSpecs.flag("Include the manifests of pods", "-y", "--get-pod-yaml"))
                .addOption(OptionSpecs.text(
                        "The zip file (default telepresence_logs_<timestamp>.zip here)", "-o", "--output-file"))
                .addOption(OptionSpecs.text("all, None or a part of a pod name (default all)", "--traffic-agents"))
                .addOption(OptionSpecs.flag("Include the traffic-manager's log (default true)", "--traffic-manager"));
    }

    /** The container has the directory of its logs in common with this machine. */
    private static void copyFromContainer(Invocation invocation, SelectedDaemon chosen, Path output)
            throws FaultException {
        Path made = invocation
                .docker()
                .logs(chosen.container().orElseThrow().container())
                .resolve(GATHERED);
        try {
            // Not moved: to this machine the daemon may be another user, whose file it would stay.
            Files.deleteIfExists(output);
            Files.createFile(
                    output, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (OutputStream out = Files.newOutputStream(output)) {
                Files.copy(made, out);
            }
            Files.delete(made);
        } catch (IOException e) {
            throw Fault.user("cannot write " + output + ": " + e.getMessage(), "The logs are in " + made)
                    .exception(e);
        }
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        var request = LogRequests.gather(invocation, LocalDateTime.now());
        invocation.progress().step("Gathering logs");
        Optional<SelectedDaemon> chosen = invocation.chosen();
        List<String> errors;
        if (chosen.isPresent() && chosen.get().container().isPresent()) {
            String inside = DockerMode.LOGS.resolve(GATHERED).toString();
            errors = chosen.get()
                    .daemon()
                    .gatherLogs(request.toBuilder().setOutputFile(inside).build());
            copyFromContainer(invocation, chosen.get(), Path.of(request.getOutputFile()));
        } else {
            errors = invocation.daemon().gatherLogs(request);
        }
        invocation.progress().close();
        errors.forEach(invocation.output()::warn);
        invocation.output().line("Logs have been exported to " + request.getOutputFile());
        return 0;
    }
}

package io.telepresence.cli.explain;

import io.telepresence.cli.daemon.GatherLogsRequest;
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
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence gather-logs}. */
public final class GatherLogsCommand implements Command {
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH-mm-ss", Locale.ROOT);

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
                .addOption(OptionSpecs.text("Comma-separated list of all, root, user, None (default all)", "--daemons"))
                .addOption(OptionSpecs.flag("Include the manifests of pods", "-y", "--get-pod-yaml"))
                .addOption(OptionSpecs.text(
                        "The zip file (default telepresence_logs_<timestamp>.zip here)", "-o", "--output-file"))
                .addOption(OptionSpecs.text("all, None or a part of a pod name (default all)", "--traffic-agents"))
                .addOption(OptionSpecs.flag("Include the traffic-manager's log (default true)", "--traffic-manager"));
    }

    static GatherLogsRequest request(Invocation invocation, LocalDateTime now) throws FaultException {
        String file = invocation.text("--output-file", "telepresence_logs_" + STAMP.format(now) + ".zip");
        if (!file.endsWith(".zip")) {
            throw Fault.user("the output file \"" + file + "\" must end in .zip", "")
                    .exception();
        }
        String daemons = invocation.text("--daemons", "all");
        for (String daemon : daemons.split(",")) {
            if (!List.of("all", "root", "user", "none").contains(daemon.strip().toLowerCase(Locale.ROOT))) {
                throw Fault.user(
                                "\"" + daemon + "\" is not a daemon",
                                "Use a comma-separated list of all, root, user, None")
                        .exception();
            }
        }
        Path absolute = invocation.caller().workingDirectory().resolve(file).normalize();
        return new GatherLogsRequest(
                invocation.flag("--anonymize"),
                daemons,
                invocation.flag("--get-pod-yaml"),
                absolute.toString(),
                invocation.text("--traffic-agents", "all"),
                invocation.flag("--traffic-manager", true));
    }

    /** The container has the directory of its logs in common with this machine. */
    private static List<String> fromContainer(Invocation invocation, SelectedDaemon chosen, GatherLogsRequest request)
            throws FaultException {
        Path output = Path.of(request.outputFile());
        Path made = invocation
                .docker()
                .logs(chosen.container().orElseThrow().container())
                .resolve("gathered.zip");
        List<String> errors = chosen.daemon().gatherLogs(request.to(DockerMode.LOGS.resolve("gathered.zip")));
        try {
            // Not moved: to this machine the daemon may be another user, whose file it would stay.
            Files.deleteIfExists(output);
            Files.createFile(
                    output, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (OutputStream out = Files.newOutputStream(output)) {
                Files.copy(made, out);
            }
            Files.delete(made);
            return errors;
        } catch (IOException e) {
            throw Fault.user("cannot write " + output + ": " + e.getMessage(), "The logs are in " + made)
                    .exception(e);
        }
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        GatherLogsRequest request = request(invocation, LocalDateTime.now());
        invocation.progress().step("Gathering logs");
        Optional<SelectedDaemon> chosen = invocation.chosen();
        List<String> errors = chosen.isPresent() && chosen.get().container().isPresent()
                ? fromContainer(invocation, chosen.get(), request)
                : invocation.daemon().gatherLogs(request);
        invocation.progress().close();
        errors.forEach(invocation.output()::warn);
        invocation.output().line("Logs have been exported to " + request.outputFile());
        return 0;
    }
}

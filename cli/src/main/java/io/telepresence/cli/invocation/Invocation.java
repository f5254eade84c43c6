package io.telepresence.cli.invocation;

import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.docker.DockerMode;
import io.telepresence.cli.output.Output;
import io.telepresence.cli.output.Progress;
import io.telepresence.cli.registry.DaemonRegistry;
import io.telepresence.cli.registry.SelectedDaemon;
import io.telepresence.cli.run.ChildRunner;
import io.telepresence.fault.FaultException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.ParseResult;

/**
 * One invocation of a command.
 *
 * @param options as parsed, global ones included
 * @param childCommand what was typed after {@code --}; empty where there was none
 */
public record Invocation(ParseResult options, List<String> childCommand, Context around) {
    /** What a command acts on. */
    public record Context(
            Invoker caller,
            Output output,
            Progress progress,
            DaemonRegistry daemons,
            ChildRunner children,
            Supplier<DockerMode> docker) {}

    public Invoker caller() {
        return around.caller();
    }

    public Output output() {
        return around.output();
    }

    public Progress progress() {
        return around.progress();
    }

    public DaemonRegistry daemons() {
        return around.daemons();
    }

    /** The text of an option; empty where it was not given. */
    public String text(String option) {
        return options.matchedOptionValue(option, "");
    }

    public String text(String option, String otherwise) {
        return options.matchedOptionValue(option, otherwise);
    }

    public boolean flag(String option) {
        return options.matchedOptionValue(option, Boolean.FALSE);
    }

    public boolean flag(String option, boolean otherwise) {
        return options.matchedOptionValue(option, otherwise);
    }

    public List<String> texts(String option) {
        return options.matchedOptionValue(option, List.of());
    }

    /** The positional parameter at that place; empty where it was not given. */
    public String parameter(int index) {
        return options.matchedPositionalValue(index, "");
    }

    /** All positional parameters of a command that takes several. */
    public List<String> parameters() {
        return options.matchedPositionalValue(0, List.of());
    }

    /** Where the traffic-manager is, as the option or the caller's environment says; empty: neither does. */
    public String managerNamespace() {
        return text("--manager-namespace", caller().variable("TELEPRESENCE_MANAGER_NAMESPACE"));
    }

    public DockerMode docker() {
        return around.docker().get();
    }

    /** The daemon that the command is about, wherever it runs. */
    public Optional<SelectedDaemon> chosen() throws FaultException {
        return daemons().chosen(caller().use());
    }

    public Optional<Daemon> runningDaemon() throws FaultException {
        return chosen().map(SelectedDaemon::daemon);
    }

    /** This machine's user daemon, started if need be. */
    public Daemon daemon() throws FaultException {
        Optional<Daemon> running = daemons().user();
        if (running.isPresent()) {
            return running.get();
        }
        progress().step("Launching Telepresence User Daemon");
        Daemon launched = daemons().launchUser();
        progress().milestone("Launching Telepresence User Daemon");
        return launched;
    }
}

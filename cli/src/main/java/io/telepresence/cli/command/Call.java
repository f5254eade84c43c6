package io.telepresence.cli.command;

import io.telepresence.cli.daemon.Chosen;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.Daemons;
import io.telepresence.cli.docker.DockerMode;
import io.telepresence.cli.output.Output;
import io.telepresence.cli.output.Progress;
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
public record Call(ParseResult options, List<String> childCommand, Surroundings around) {
    /** What a command acts on. */
    public record Surroundings(
            Caller caller,
            Output output,
            Progress progress,
            Daemons daemons,
            ChildRunner children,
            Supplier<DockerMode> docker) {}

    Caller caller() {
        return around.caller();
    }

    Output output() {
        return around.output();
    }

    Progress progress() {
        return around.progress();
    }

    Daemons daemons() {
        return around.daemons();
    }

    /** The text of an option; empty where it was not given. */
    String text(String option) {
        return options.matchedOptionValue(option, "");
    }

    String text(String option, String otherwise) {
        return options.matchedOptionValue(option, otherwise);
    }

    boolean flag(String option) {
        return options.matchedOptionValue(option, Boolean.FALSE);
    }

    boolean flag(String option, boolean otherwise) {
        return options.matchedOptionValue(option, otherwise);
    }

    List<String> texts(String option) {
        return options.matchedOptionValue(option, List.of());
    }

    /** The positional parameter at that place; empty where it was not given. */
    String parameter(int index) {
        return options.matchedPositionalValue(index, "");
    }

    /** All positional parameters of a command that takes several. */
    List<String> parameters() {
        return options.matchedPositionalValue(0, List.of());
    }

    DockerMode docker() {
        return around.docker().get();
    }

    /** The daemon that the command is about, wherever it runs. */
    Optional<Chosen> chosen() throws FaultException {
        return daemons().chosen(caller().use());
    }

    Optional<Daemon> runningDaemon() throws FaultException {
        return chosen().map(Chosen::daemon);
    }

    /** This machine's user daemon, started if need be. */
    Daemon daemon() throws FaultException {
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

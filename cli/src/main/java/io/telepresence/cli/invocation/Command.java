package io.telepresence.cli.invocation;

import io.telepresence.fault.FaultException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** A command that can be typed. One instance serves one invocation. */
public interface Command {
    String name();

    /** One line for the list of commands. */
    String summary();

    /** Its own options and parameters, without the global ones. */
    CommandSpec spec();

    /** The exit code. */
    int run(Invocation invocation) throws FaultException;

    default List<String> aliases() {
        return List.of();
    }

    /** Commands below this one; then it does nothing itself. */
    default List<Command> children() {
        return List.of();
    }

    /** Whether a command of the user may follow after {@code --}. */
    default boolean takesCommand() {
        return false;
    }

    /** Whether all words after its name are another program's, options and {@code --} included. */
    default boolean takesAllWords() {
        return false;
    }

    /** Whether help and completion leave it out. */
    default boolean hidden() {
        return false;
    }
}

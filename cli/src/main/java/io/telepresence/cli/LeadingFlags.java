package io.telepresence.cli;

import io.telepresence.cli.invocation.Command;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.OptionSpec;

/** Flags in front of the command that they are for: which of them are followed by a value. */
final class LeadingFlags {
    private LeadingFlags() {}

    /**
     * Whether the word after a flag is its value. Makes the options of all commands where it has to.
     *
     * @param commands those that may follow. Where they take the flag differently, {@code next} is a value unless it is
     *     one of them
     */
    static boolean takesNext(String flag, String next, List<Command> commands) {
        if (GlobalOptions.WITH_VALUE.contains(flag)) {
            return true;
        }
        if (GlobalOptions.HELP.contains(flag) || flag.contains("=")) {
            return false;
        }
        Set<Boolean> ways = leaves(commands)
                .map(c -> c.spec().findOption(flag))
                .filter(option -> option != null)
                .map(LeadingFlags::takesValue)
                .collect(Collectors.toSet());
        return ways.size() == 1
                ? ways.contains(true)
                : !ways.isEmpty() && Commands.find(commands, next).isEmpty();
    }

    private static boolean takesValue(OptionSpec option) {
        return option.arity().min() > 0;
    }

    private static Stream<Command> leaves(List<Command> commands) {
        return commands.stream().flatMap(c -> c.children().isEmpty() ? Stream.of(c) : leaves(c.children()));
    }
}

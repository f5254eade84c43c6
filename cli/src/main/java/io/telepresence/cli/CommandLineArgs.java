package io.telepresence.cli;

import io.telepresence.cli.invocation.Command;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An argument list taken apart, before its options are parsed.
 *
 * @param path the words that name the command, the program first
 * @param command what to run; empty: only the program or a group was named
 * @param arguments everything else in front of {@code --}
 * @param childCommand what follows {@code --}, for a command that takes it
 */
record CommandLineArgs(
        List<String> path, Optional<Command> command, List<String> arguments, List<String> childCommand) {
    static final String PROGRAM = "telepresence";
    private static final String HELP = "help";

    String label() {
        return String.join(" ", path);
    }

    /** The commands that could have followed the path. */
    List<Command> choices() {
        List<Command> level = Commands.all();
        for (String word : path.subList(1, path.size())) {
            level = Commands.find(level, word).map(Command::children).orElse(List.of());
        }
        return level;
    }

    /** Finds the command. Options in front of it are kept as its arguments; "help" makes it one for its help. */
    static CommandLineArgs parse(List<String> words) throws FaultException {
        List<String> path = new ArrayList<>(List.of(PROGRAM));
        List<String> arguments = new ArrayList<>();
        List<Command> level = Commands.all();
        boolean help = false;
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (word.startsWith("-")) {
                arguments.add(word);
                if (i + 1 < words.size() && LeadingFlags.takesNext(word, words.get(i + 1), level)) {
                    arguments.add(words.get(++i));
                }
                continue;
            }
            if (word.equals(HELP) && !help && path.size() == 1) {
                help = true;
                continue;
            }
            Command command = known(level, word, path);
            path.add(command.name());
            level = command.children();
            if (level.isEmpty() && help) {
                arguments.add("--help");
                return new CommandLineArgs(path, Optional.of(command), arguments, List.of());
            }
            if (level.isEmpty()) {
                return withRest(path, command, arguments, words.subList(i + 1, words.size()));
            }
        }
        return new CommandLineArgs(path, Optional.empty(), arguments, List.of());
    }

    private static CommandLineArgs withRest(
            List<String> path, Command command, List<String> arguments, List<String> rest) {
        if (command.takesAllWords()) {
            List<String> words = new ArrayList<>(rest);
            takeUse(words, arguments);
            return new CommandLineArgs(path, Optional.of(command), arguments, List.copyOf(words));
        }
        int dashes = command.takesCommand() ? rest.indexOf("--") : -1;
        arguments.addAll(dashes < 0 ? rest : rest.subList(0, dashes));
        List<String> child = dashes < 0 ? List.of() : List.copyOf(rest.subList(dashes + 1, rest.size()));
        return new CommandLineArgs(path, Optional.of(command), arguments, child);
    }

    /**
     * The first {@code --use} of a line is ours wherever it stands, as in Telepresence; another one is the program's, and
     * so are all other options: curl has some of the same names.
     */
    private static void takeUse(List<String> words, List<String> arguments) {
        if (arguments.stream().anyMatch(CommandLineArgs::isUse)) {
            return;
        }
        for (int i = 0; i < words.size(); i++) {
            if (isUse(words.get(i))) {
                boolean separate = words.get(i).equals(GlobalOptions.USE);
                List<String> ours = words.subList(i, Math.min(i + (separate ? 2 : 1), words.size()));
                arguments.addAll(ours);
                ours.clear();
                return;
            }
        }
    }

    private static boolean isUse(String word) {
        return word.equals(GlobalOptions.USE) || word.startsWith(GlobalOptions.USE + "=");
    }

    private static Command known(List<Command> level, String word, List<String> path) throws FaultException {
        Optional<Command> command = Commands.find(level, word);
        if (command.isEmpty()) {
            String program = String.join(" ", path);
            throw Fault.user(
                            "unknown command \"" + word + "\" for \"" + program + "\"",
                            Suggestions.remedy(
                                    word, Commands.names(level), "See \"" + program + " --help\" for the commands"))
                    .exception();
        }
        return command.get();
    }
}

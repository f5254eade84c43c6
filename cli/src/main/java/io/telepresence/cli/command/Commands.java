package io.telepresence.cli.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** All commands. Making one costs little; making its options costs more and happens when it is chosen. */
public final class Commands {
    private Commands() {}

    public static List<Command> all() {
        return List.of(
                new CompletionCommand(),
                ConfigViewCommand.group(),
                new ConnectCommand(),
                new GatherLogsCommand(),
                HelmCommand.group(),
                new InterceptCommand(),
                new LeaveCommand(),
                new ListCommand(),
                new ListContextsCommand(),
                new ListNamespacesCommand(),
                new LogLevelCommand(),
                new QuitCommand(),
                new StatusCommand(),
                new VersionCommand(),
                new CompleteCommand());
    }

    /** The command of that name or alias. */
    public static Optional<Command> find(List<Command> among, String name) {
        return among.stream()
                .filter(c -> c.name().equals(name) || c.aliases().contains(name))
                .findFirst();
    }

    /** Names and aliases that help and completion show. */
    public static List<String> names(List<Command> commands) {
        List<String> names = new ArrayList<>();
        for (Command command : commands) {
            if (!command.hidden()) {
                names.add(command.name());
                names.addAll(command.aliases());
            }
        }
        return names;
    }
}

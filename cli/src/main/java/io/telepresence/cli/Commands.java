package io.telepresence.cli;

import io.telepresence.cli.admin.GenyamlCommand;
import io.telepresence.cli.admin.HelmCommand;
import io.telepresence.cli.admin.RevokeCommand;
import io.telepresence.cli.admin.UninstallCommand;
import io.telepresence.cli.connect.ConfigViewCommand;
import io.telepresence.cli.connect.ConnectCommand;
import io.telepresence.cli.connect.ListContextsCommand;
import io.telepresence.cli.connect.ListNamespacesCommand;
import io.telepresence.cli.connect.QuitCommand;
import io.telepresence.cli.connect.StatusCommand;
import io.telepresence.cli.connect.VersionCommand;
import io.telepresence.cli.container.CurlCommand;
import io.telepresence.cli.container.DockerRunCommand;
import io.telepresence.cli.engage.EngageCommand;
import io.telepresence.cli.engage.LeaveCommand;
import io.telepresence.cli.engage.ListCommand;
import io.telepresence.cli.explain.GatherLogsCommand;
import io.telepresence.cli.explain.LogLevelCommand;
import io.telepresence.cli.explain.WhyCommand;
import io.telepresence.cli.invocation.Command;
import io.telepresence.engagement.EngagementKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** All commands. Making one costs little; making its options costs more and happens when it is chosen. */
public final class Commands {
    private Commands() {}

    public static List<Command> all() {
        List<Command> all = new ArrayList<>(List.of(
                new CompletionCommand(),
                ConfigViewCommand.group(),
                new ConnectCommand(),
                new CurlCommand(),
                new DockerRunCommand(),
                new GatherLogsCommand(),
                GenyamlCommand.group(),
                HelmCommand.group(),
                new LeaveCommand(),
                new ListCommand(),
                new ListContextsCommand(),
                new ListNamespacesCommand(),
                new LogLevelCommand(),
                new QuitCommand(),
                new RevokeCommand(),
                new StatusCommand(),
                new UninstallCommand(),
                new VersionCommand(),
                new WhyCommand()));
        for (EngagementKind kind : EngagementKind.values()) {
            all.add(new EngageCommand(kind));
        }
        all.sort(Comparator.comparing(Command::name));
        all.add(new CompleteCommand());
        return List.copyOf(all);
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

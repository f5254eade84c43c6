package io.telepresence.cli;

import io.telepresence.cli.invocation.Command;
import java.util.ArrayList;
import java.util.List;

/** Help of the program and of groups of commands. */
final class Usage {
    private Usage() {}

    static List<String> lines(String label, List<Command> commands, boolean group) {
        List<String> lines = new ArrayList<>();
        if (!group) {
            lines.add("Telepresence connects this machine to a Kubernetes cluster and lets it stand in for workloads.");
            lines.add("");
        }
        lines.add("Usage: " + label + " COMMAND [OPTIONS]");
        lines.add("");
        lines.add("Commands:");
        List<Command> shown = commands.stream().filter(c -> !c.hidden()).toList();
        int width = shown.stream().mapToInt(c -> title(c).length()).max().orElse(0);
        for (Command command : shown) {
            String title = title(command);
            lines.add("  " + title + " ".repeat(width - title.length() + 2) + command.summary());
        }
        lines.add("");
        lines.add("Options of every command: --config, --output, --progress, --help");
        lines.add("Help for a command: " + label + " COMMAND --help");
        return lines;
    }

    private static String title(Command command) {
        List<String> names = new ArrayList<>(List.of(command.name()));
        names.addAll(command.aliases());
        return String.join(", ", names);
    }
}

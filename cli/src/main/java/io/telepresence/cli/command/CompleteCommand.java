package io.telepresence.cli.command;

import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.Engagement;
import io.telepresence.cli.daemon.KubeContext;
import io.telepresence.cli.daemon.Workload;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Hidden: prints what may stand in place of the last of its words, one per line. Never fails, never starts a daemon. */
final class CompleteCommand implements Command {
    @Override
    public String name() {
        return "__complete";
    }

    @Override
    public String summary() {
        return "Words for shell completion";
    }

    @Override
    public boolean hidden() {
        return true;
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create()
                .addPositional(PositionalParamSpec.builder()
                        .index("0..*")
                        .arity("0..*")
                        .type(List.class)
                        .auxiliaryTypes(String.class)
                        .paramLabel("<word>")
                        .build());
    }

    @Override
    public int run(Call call) {
        List<String> words = call.options().matchedPositionalValue(0, List.<String>of());
        String last = words.isEmpty() ? "" : words.getLast();
        List<String> before = words.isEmpty() ? List.of() : words.subList(0, words.size() - 1);
        candidates(call, before, last).stream()
                .filter(c -> c.startsWith(last))
                .sorted()
                .forEach(call.output()::line);
        return 0;
    }

    private static List<String> candidates(Call call, List<String> before, String last) {
        List<Command> level = Commands.all();
        Command chosen = null;
        for (String word : before) {
            Optional<Command> next = Commands.find(level, word);
            if (next.isPresent()) {
                chosen = next.get();
                level = chosen.children();
            }
        }
        if (chosen == null || !level.isEmpty()) {
            return Commands.names(level);
        }
        try {
            String option = before.getLast().startsWith("-") ? before.getLast() : "";
            List<String> values = optionValues(call, option);
            if (!values.isEmpty()) {
                return values;
            }
            return last.startsWith("-") ? optionNames(chosen) : parameters(call, chosen);
        } catch (FaultException e) {
            return List.of();
        }
    }

    private static List<String> optionNames(Command command) {
        List<String> names = new ArrayList<>(List.of("--config", "--output", "--progress", "--help"));
        for (OptionSpec option : command.spec().options()) {
            names.add(option.longestName());
        }
        return names;
    }

    private static List<String> optionValues(Call call, String option) throws FaultException {
        Optional<Daemon> daemon = call.runningDaemon();
        return switch (option) {
            case "--output", "--format" -> List.of("default", "json", "yaml", "json-stream");
            case "--progress" -> List.of("auto", "tty", "plain", "json", "quiet");
            case "--context" ->
                daemon.isEmpty()
                        ? List.of()
                        : daemon.get().contexts(KubeOptions.of(call)).stream()
                                .map(KubeContext::name)
                                .toList();
            case "--namespace", "-n" ->
                daemon.isEmpty() ? List.of() : daemon.get().namespaces(KubeOptions.of(call));
            default -> List.of();
        };
    }

    private static List<String> parameters(Call call, Command command) throws FaultException {
        Optional<Daemon> daemon = call.runningDaemon();
        return switch (command.name()) {
            case "completion" -> List.of("bash", "zsh", "fish");
            case "loglevel" -> List.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE");
            case "intercept" ->
                daemon.isEmpty()
                        ? List.of()
                        : daemon.get().list("").stream().map(Workload::name).toList();
            case "leave" ->
                daemon.isEmpty()
                        ? List.of()
                        : daemon.get().status().engagements().stream()
                                .map(Engagement::name)
                                .toList();
            default -> List.of();
        };
    }
}

package io.telepresence.cli;

import io.telepresence.cli.admin.GenyamlCommand;
import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.KubeContext;
import io.telepresence.cli.daemon.ListedWorkload;
import io.telepresence.cli.engage.EngageCommand;
import io.telepresence.cli.engage.LeaveCommand;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.KubeOptions;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

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
        return CommandSpec.create().addPositional(OptionSpecs.parameters("<word>", "What was typed so far"));
    }

    @Override
    public int run(Invocation invocation) {
        List<String> words = invocation.parameters();
        String last = words.isEmpty() ? "" : words.getLast();
        List<String> before = words.isEmpty() ? List.of() : words.subList(0, words.size() - 1);
        candidates(invocation, before, last).stream()
                .filter(c -> c.startsWith(last))
                .sorted()
                .forEach(invocation.output()::line);
        return 0;
    }

    private static List<String> candidates(Invocation invocation, List<String> before, String last) {
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
            List<String> values = optionValues(invocation, chosen, option);
            if (!values.isEmpty()) {
                return values;
            }
            return last.startsWith("-") ? optionNames(chosen) : parameters(invocation, chosen);
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

    private static List<String> optionValues(Invocation invocation, Command command, String option)
            throws FaultException {
        return switch (option) {
            case "--output", "--format" ->
                command instanceof GenyamlCommand ? List.of() : List.of("default", "json", "yaml", "json-stream");
            case "--progress" -> List.of("auto", "tty", "plain", "json", "quiet");
            case "--env-syntax" ->
                List.of("docker", "compose", "sh", "sh:export", "csh", "csh:export", "ps", "ps:export", "cmd", "json");
            case "--mechanism" -> List.of("tcp", "http");
            case "--mount" -> command instanceof EngageCommand ? List.of("true", "false") : List.of();
            default -> invocation.runningDaemon().isEmpty() ? List.of() : daemonsValues(invocation, command, option);
        };
    }

    private static List<String> daemonsValues(Invocation invocation, Command command, String option)
            throws FaultException {
        Daemon daemon = invocation.daemon();
        return switch (option) {
            case "--context" ->
                daemon.contexts(KubeOptions.of(invocation)).stream()
                        .map(KubeContext::name)
                        .toList();
            case "--namespace", "-n" -> daemon.namespaces(KubeOptions.of(invocation));
            case "--workload", "-w" -> workloads(daemon, false);
            case "--container", "-c" -> command instanceof LeaveCommand ? containers(daemon) : List.of();
            default -> List.of();
        };
    }

    private static List<String> parameters(Invocation invocation, Command command) throws FaultException {
        Optional<Daemon> daemon = invocation.runningDaemon();
        return switch (command.name()) {
            case "completion" -> List.of("bash", "zsh", "fish");
            case "loglevel" -> List.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE");
            case "intercept", "replace", "wiretap", "ingest" ->
                daemon.isEmpty() ? List.of() : workloads(daemon.get(), false);
            case "uninstall" -> daemon.isEmpty() ? List.of() : workloads(daemon.get(), true);
            case "leave" -> daemon.isEmpty() ? List.of() : engagements(daemon.get());
            default -> List.of();
        };
    }

    private static List<String> workloads(Daemon daemon, boolean withAgent) throws FaultException {
        return daemon.list("").stream()
                .filter(w -> !withAgent || !w.agentVersion().isEmpty())
                .map(ListedWorkload::name)
                .toList();
    }

    /** Names, and for what is named after a container the workload alone too. */
    private static List<String> engagements(Daemon daemon) throws FaultException {
        Set<String> names = new TreeSet<>();
        for (ClientEngagement engagement : daemon.status().engagements()) {
            names.add(engagement.name());
            if (engagement.name().indexOf('/') > 0) {
                names.add(engagement.target().workload());
            }
        }
        return List.copyOf(names);
    }

    private static List<String> containers(Daemon daemon) throws FaultException {
        return daemon.status().engagements().stream()
                .map(e -> e.target().container())
                .filter(c -> !c.isEmpty())
                .distinct()
                .toList();
    }
}

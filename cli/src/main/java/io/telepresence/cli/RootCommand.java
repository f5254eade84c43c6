package io.telepresence.cli;

import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.Invoker;
import io.telepresence.cli.output.Format;
import io.telepresence.cli.output.Output;
import io.telepresence.cli.output.Progress;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import java.io.PrintStream;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Runs one argument list from beginning to end; the result is the exit code. */
final class RootCommand {
    private final CliEnvironment machine;

    RootCommand(CliEnvironment machine) {
        this.machine = machine;
    }

    int run(List<String> words) {
        CommandLineArgs typed;
        try {
            typed = CommandLineArgs.parse(words);
        } catch (FaultException e) {
            return fail(
                    CommandLineArgs.PROGRAM,
                    CommandLineArgs.PROGRAM,
                    e.fault(),
                    new Output(Format.DEFAULT, out(), err()));
        }
        if (typed.command().isEmpty()) {
            return withoutCommand(typed);
        }
        Command command = typed.command().get();
        CommandLine parser = parser(typed, command);
        try {
            ParseResult options = parser.parseArgs(typed.arguments().toArray(String[]::new));
            if (options.isUsageHelpRequested()) {
                out().print(parser.getUsageMessage(CommandLine.Help.Ansi.OFF));
                out().flush();
                return 0;
            }
            return run(typed, command, options);
        } catch (ParameterException e) {
            return fail(
                    typed.label(),
                    command.name(),
                    Failures.of(e, typed.label()),
                    new Output(Format.DEFAULT, out(), err()));
        }
    }

    private int run(CommandLineArgs typed, Command command, ParseResult options) {
        Output output = new Output(Format.DEFAULT, out(), err());
        try {
            GlobalOptions global = GlobalOptions.of(options);
            output = new Output(global.format(), out(), err());
            try (Progress progress = progress(global, !typed.childCommand().isEmpty())) {
                Invoker caller = new Invoker(
                        machine.environment(),
                        machine.workingDirectory(),
                        global.config(),
                        global.use(),
                        machine.streams().in());
                var around = new Invocation.Context(
                        caller, output, progress, machine.daemons(), machine.children(), machine.docker());
                int code = command.run(new Invocation(options, typed.childCommand(), around));
                output.finish(typed.label(), command.name(), "");
                return code;
            }
        } catch (FaultException e) {
            return fail(typed.label(), command.name(), e.fault(), output);
        } catch (RuntimeException e) {
            return fail(typed.label(), command.name(), FaultStatus.of(e), output);
        }
    }

    private int withoutCommand(CommandLineArgs typed) {
        boolean group = typed.path().size() > 1;
        for (String argument : typed.arguments()) {
            boolean known = GlobalOptions.HELP.contains(argument) || GlobalOptions.WITH_VALUE.contains(argument);
            if (argument.startsWith("-") && !known && !argument.contains("=")) {
                Fault fault = Fault.user("unknown flag: " + argument, "See \"" + typed.label() + " --help\"");
                return fail(typed.label(), typed.path().getLast(), fault, new Output(Format.DEFAULT, out(), err()));
            }
        }
        Usage.lines(typed.label(), typed.choices(), group).forEach(out()::println);
        out().flush();
        return 0;
    }

    private static int fail(String label, String name, Fault fault, Output output) {
        output.finish(label, name, Failures.sentence(fault));
        return Failures.EXIT_CODE;
    }

    private static CommandLine parser(CommandLineArgs typed, Command command) {
        CommandSpec spec = GlobalOptions.addTo(command.spec()).name(typed.label());
        spec.usageMessage()
                .description(command.summary())
                .abbreviateSynopsis(true)
                .sortOptions(true);
        if (command.takesCommand()) {
            String parameters = spec.positionalParameters().isEmpty() ? "" : " <name>";
            spec.usageMessage().customSynopsis(typed.label() + " [OPTIONS]" + parameters + " [-- COMMAND...]");
        }
        return new CommandLine(spec).setExpandAtFiles(false).setOverwrittenOptionsAllowed(true);
    }

    /** Where a command of the user runs, stdout is its own: our lines go to stderr. */
    private Progress progress(GlobalOptions global, boolean childRuns) {
        boolean structured = global.format() != Format.DEFAULT;
        boolean plain = !machine.streams().terminal()
                || machine.environment().getOrDefault("TERM", "dumb").equals("dumb");
        Progress.Style style = global.progress();
        if (style == Progress.Style.AUTO) {
            style = structured ? Progress.Style.QUIET : plain ? Progress.Style.PLAIN : Progress.Style.TTY;
        }
        return switch (style) {
            case AUTO, QUIET -> Progress.quiet();
            case PLAIN -> structured ? Progress.quiet() : Progress.plain(childRuns ? err() : out());
            case JSON -> Progress.json(err(), System::currentTimeMillis);
            case TTY -> Progress.tty(err(), System::currentTimeMillis, width());
        };
    }

    private int width() {
        try {
            return Math.max(40, Integer.parseInt(machine.environment().getOrDefault("COLUMNS", "80")));
        } catch (NumberFormatException e) {
            return 80;
        }
    }

    private PrintStream out() {
        return machine.streams().out();
    }

    private PrintStream err() {
        return machine.streams().err();
    }
}

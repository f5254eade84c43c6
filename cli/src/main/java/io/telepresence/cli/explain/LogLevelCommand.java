package io.telepresence.cli.explain;

import io.telepresence.base.GoDuration;
import io.telepresence.cli.daemon.LogLevelRequest;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence loglevel LEVEL}. */
public final class LogLevelCommand implements Command {
    private static final List<String> LEVELS = List.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE");

    @Override
    public String name() {
        return "loglevel";
    }

    @Override
    public String summary() {
        return "Change the log level of all components for a while";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create()
                .addPositional(OptionSpecs.parameter("<ERROR,WARN,INFO,DEBUG,TRACE>", "The level"))
                .addOption(OptionSpecs.text("For how long; 0s is forever (default 30m0s)", "-d", "--duration"))
                .addOption(OptionSpecs.flag("Only the local daemons", "-l", "--local-only"))
                .addOption(OptionSpecs.flag("Only the traffic-manager and the traffic-agents", "-r", "--remote-only"));
    }

    static LogLevelRequest request(Invocation invocation) throws FaultException {
        String typed = invocation.parameter(0).toUpperCase(Locale.ROOT);
        String level = typed.equals("WARNING") ? "WARN" : typed;
        if (!LEVELS.contains(level)) {
            throw Fault.user(
                            "\"" + invocation.parameter(0) + "\" is not a log level",
                            "Use one of " + String.join(", ", LEVELS))
                    .exception();
        }
        if (invocation.flag("--local-only") && invocation.flag("--remote-only")) {
            throw Fault.user("--local-only and --remote-only cannot be used together", "Give one of them, or none")
                    .exception();
        }
        return new LogLevelRequest(
                level,
                duration(invocation.text("--duration", "30m0s")),
                invocation.flag("--local-only"),
                invocation.flag("--remote-only"));
    }

    private static Duration duration(String text) throws FaultException {
        try {
            return GoDuration.parse(text);
        } catch (IllegalArgumentException e) {
            throw Fault.user("invalid duration \"" + text + "\"", "Write it like 30m, 1h30m or 90s")
                    .exception(e);
        }
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        LogLevelRequest request = request(invocation);
        DaemonSession.present(invocation).daemon().logLevel(request);
        return 0;
    }
}

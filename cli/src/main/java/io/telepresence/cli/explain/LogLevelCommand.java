package io.telepresence.cli.explain;

import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.fault.FaultException;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence loglevel LEVEL}. */
public final class LogLevelCommand implements Command {
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

    @Override
    public int run(Invocation invocation) throws FaultException {
        var request = LogRequests.level(invocation);
        DaemonSession.present(invocation).daemon().logLevel(request);
        return 0;
    }
}

package io.telepresence.cli.admin;

import io.telepresence.cli.invocation.Arguments;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence uninstall [-a] [WORKLOADS]}. */
public final class UninstallCommand implements Command {
    @Override
    public String name() {
        return "uninstall";
    }

    @Override
    public String summary() {
        return "Remove traffic-agents from workloads";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create()
                .addPositional(OptionSpecs.parameters("<workload>", "Workloads of the connected namespace"))
                .addOption(OptionSpecs.flag("All workloads that have a traffic-agent", "-a", "--all-agents"))
                .addOption(OptionSpecs.oldFlag("-d", "--agent"));
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        List<String> workloads = invocation.parameters();
        boolean all = invocation.flag("--all-agents");
        if (all && !workloads.isEmpty()) {
            throw Fault.user("--all-agents and names of workloads cannot be used together", "Give one of them")
                    .exception();
        }
        if (!all && workloads.isEmpty()) {
            throw Fault.user("no workload is given", "Name at least one, or use --all-agents")
                    .exception();
        }
        for (String workload : workloads) {
            Arguments.name("workload", workload);
        }
        DaemonSession.session(invocation).uninstall(workloads, invocation.progress()::step);
        invocation.progress().close();
        return 0;
    }
}

package io.telepresence.cli.engage;

import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.cli.registry.SelectedDaemon;
import io.telepresence.fault.FaultException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence leave NAME}, also called detach. */
public final class LeaveCommand implements Command {
    @Override
    public String name() {
        return "leave";
    }

    @Override
    public List<String> aliases() {
        return List.of("detach");
    }

    @Override
    public String summary() {
        return "End an intercept, replace, wiretap or ingest";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create()
                .addPositional(OptionSpecs.parameter(
                        "<name>", "Name of the engagement; for a replace or an ingest, of the workload"))
                .addOption(OptionSpecs.text("Container, if several of the workload are engaged", "-c", "--container"))
                .addOption(OptionSpecs.text("Namespace, if the name exists in several", "-n", "--namespace"));
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        SelectedDaemon chosen = DaemonSession.present(invocation);
        String id = chosen.daemon().leave(EngageRequests.leave(invocation));
        if (chosen.container().isPresent()) {
            invocation.docker().endHandlers(chosen.container().get(), id);
        } else {
            DaemonSession.endHandlersBeside(invocation, id);
        }
        return 0;
    }
}

package io.telepresence.cli.command;

import io.telepresence.fault.FaultException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence leave NAME}, also called detach. */
final class LeaveCommand implements Command {
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
        return "End an intercept";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create().addPositional(Options.parameter("<intercept_name>", "Name of the intercept"));
    }

    @Override
    public int run(Call call) throws FaultException {
        Sessions.present(call).leave(call.parameter(0));
        return 0;
    }
}

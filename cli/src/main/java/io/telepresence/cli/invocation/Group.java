package io.telepresence.cli.invocation;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** A command that only holds others. */
public record Group(String name, String summary, List<Command> children) implements Command {
    @Override
    public CommandSpec spec() {
        return CommandSpec.create();
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        throw Fault.user("\"" + name + "\" needs a command", "See \"telepresence " + name + " --help\"")
                .exception();
    }
}

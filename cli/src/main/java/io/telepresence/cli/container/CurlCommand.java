package io.telepresence.cli.container;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.run.Job;
import io.telepresence.fault.FaultException;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence curl ARGS…}: curl in a container that shares the daemon's network. */
public final class CurlCommand implements Command {
    @Override
    public String name() {
        return "curl";
    }

    @Override
    public String summary() {
        return "Run curl in the network of a connection in a container";
    }

    @Override
    public boolean takesAllWords() {
        return true;
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create();
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        ContainerDaemon connection = DaemonSession.container(invocation, "curl");
        return invocation
                .around()
                .children()
                .run(Job.of(invocation.docker().curl(connection, invocation.childCommand())));
    }
}

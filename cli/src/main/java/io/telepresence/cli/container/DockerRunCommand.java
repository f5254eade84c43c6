package io.telepresence.cli.container;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.docker.Handler;
import io.telepresence.cli.docker.RunArguments;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.run.Job;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence docker-run …}: a {@code docker run} in the cluster's network. */
public final class DockerRunCommand implements Command {
    @Override
    public String name() {
        return "docker-run";
    }

    @Override
    public String summary() {
        return "Run a container in the network of a connection in a container";
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
        ContainerDaemon connection = DaemonSession.container(invocation, name());
        RunArguments arguments = RunArguments.parse(invocation.childCommand());
        if (arguments.image().isEmpty()) {
            throw Fault.user(
                            "telepresence docker-run needs the name of an image",
                            "Everything else is as for docker run")
                    .exception();
        }
        String name = "tp-run-" + Integer.toHexString(new Random().nextInt(0x100000, 0x1000000));
        Handler handler = invocation.docker().handler(Optional.of(connection), arguments, name);
        boolean keep = false;
        try {
            handler.open();
            handler.create(
                    new Handler.Dress("", Map.of(), Handler.Volumes.NONE, List.of(), List.of()),
                    invocation.chosen().orElseThrow().routes(),
                    invocation.output()::warn);
            invocation.progress().close();
            invocation.around().children().holdSignals();
            int code = invocation
                    .around()
                    .children()
                    .run(new Job(handler.start(), Map.of(), () -> {}, () -> false, handler::stop));
            keep = handler.detached() && code == 0;
            return code;
        } finally {
            if (!keep) {
                handler.close();
            }
        }
    }
}

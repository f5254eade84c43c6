package io.telepresence.cli.command;

import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.fault.FaultException;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence status}. */
final class StatusCommand implements Command {
    @Override
    public String name() {
        return "status";
    }

    @Override
    public String summary() {
        return "Show what runs and what is connected";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create();
    }

    @Override
    public int run(Call call) throws FaultException {
        Optional<Daemon> daemon = call.runningDaemon();
        if (daemon.isEmpty()) {
            Optional<String> root = Sessions.rootVersion(call);
            show(call, Optional.empty(), root.map(StatusText::bareRoot));
            return 0;
        }
        DaemonStatus status = daemon.get().status();
        show(call, Optional.of(status), status.root());
        return 0;
    }

    private static void show(Call call, Optional<DaemonStatus> status, Optional<DaemonStatus.Root> root) {
        if (call.output().structured()) {
            call.output().bare(StatusTree.of(status, root));
        } else {
            StatusText.lines(status, root).forEach(call.output()::line);
        }
    }
}

package io.telepresence.cli.connect;

import io.telepresence.agree.Versions;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.output.KeyValues;
import io.telepresence.cli.registry.SelectedDaemon;
import io.telepresence.fault.FaultException;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence version}. */
public final class VersionCommand implements Command {
    @Override
    public String name() {
        return "version";
    }

    @Override
    public String summary() {
        return "Show the versions of all components";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create();
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        List<SelectedDaemon> running = invocation.daemons().running();
        KeyValues lines = new KeyValues("").add("Client", Versions.VERSION);
        if (running.size() > 1 && invocation.caller().use().isEmpty()) {
            for (SelectedDaemon each : running) {
                KeyValues inner = new KeyValues("");
                add(inner, each.daemon().status());
                lines.add("Connection " + each.name(), "", inner.lines());
            }
            lines.lines().forEach(invocation.output()::line);
            return 0;
        }
        Optional<Daemon> daemon = invocation.runningDaemon();
        if (daemon.isEmpty()) {
            lines.add("Root Daemon", DaemonSession.rootVersion(invocation).orElse("not running"))
                    .add("User Daemon", "not running");
        } else {
            add(lines, daemon.get().status());
        }
        lines.lines().forEach(invocation.output()::line);
        return 0;
    }

    private static void add(KeyValues lines, DaemonStatus status) {
        lines.add("Root Daemon", status.root().map(DaemonStatus.Root::version).orElse("not running"))
                .add("User Daemon", status.program().version());
        if (status.manager().isEmpty()) {
            lines.add("Traffic Manager", "not connected");
            return;
        }
        DaemonStatus.Manager manager = status.manager().get();
        lines.add("Traffic Manager", manager.version())
                .add(
                        "Traffic Agent",
                        manager.agentImage().isEmpty() ? "not reported by traffic-manager" : manager.agentImage());
    }
}

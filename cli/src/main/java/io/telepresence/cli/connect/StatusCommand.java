package io.telepresence.cli.connect;

import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.cli.registry.SelectedDaemon;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence status}. */
public final class StatusCommand implements Command {
    @Override
    public String name() {
        return "status";
    }

    @Override
    public String summary() {
        return "Show the status of the daemons and of the connection";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create()
                .addOption(OptionSpecs.flag("Use the format for several daemons even for one", "--multi-daemon"))
                .addOption(OptionSpecs.oldFlag("-j", "--json"));
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        List<SelectedDaemon> running = running(invocation);
        if (running.size() > 1 || invocation.flag("--multi-daemon")) {
            showAll(invocation, running);
        } else if (running.isEmpty()) {
            Optional<DaemonStatus.Root> root =
                    DaemonSession.rootVersion(invocation).map(StatusText::bareRoot);
            show(invocation, StatusText.lines(Optional.empty(), root), StatusTree.of(Optional.empty(), root));
        } else {
            SelectedDaemon only = running.getFirst();
            DaemonStatus status = only.daemon().status();
            show(invocation, text(only, status), tree(only, status));
        }
        return 0;
    }

    private static List<SelectedDaemon> running(Invocation invocation) throws FaultException {
        if (invocation.caller().use().isEmpty()) {
            return invocation.daemons().running();
        }
        return invocation.chosen().stream().toList();
    }

    private static void showAll(Invocation invocation, List<SelectedDaemon> running) throws FaultException {
        List<String> lines = new ArrayList<>();
        List<Map<String, Object>> trees = new ArrayList<>();
        for (SelectedDaemon each : running) {
            DaemonStatus status = each.daemon().status();
            lines.addAll(text(each, status));
            trees.add(tree(each, status));
        }
        show(invocation, lines, StatusTree.of(trees));
    }

    private static List<String> text(SelectedDaemon chosen, DaemonStatus status) {
        return chosen.container()
                .map(c -> StatusText.lines(c, status))
                .orElseGet(() -> StatusText.lines(Optional.of(status), status.root()));
    }

    private static Map<String, Object> tree(SelectedDaemon chosen, DaemonStatus status) {
        return chosen.container()
                .map(c -> StatusTree.of(c, status))
                .orElseGet(() -> StatusTree.of(Optional.of(status), status.root()));
    }

    private static void show(Invocation invocation, List<String> lines, Map<String, Object> tree) {
        if (invocation.output().structured()) {
            invocation.output().bare(tree);
        } else {
            lines.forEach(invocation.output()::line);
        }
    }
}

package io.telepresence.cli.connect;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.cli.registry.SelectedDaemon;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence quit [-s]}. */
public final class QuitCommand implements Command {
    @Override
    public String name() {
        return "quit";
    }

    @Override
    public String summary() {
        return "End the session; with -s also the daemons";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create().addOption(OptionSpecs.flag("Stop all local daemons too", "-s", "--stop-daemons"));
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        if (invocation.flag("--stop-daemons")) {
            invocation.progress().step("Telepresence Daemons quitting...");
            stopContainers(invocation);
            boolean stays = stop(invocation, invocation.daemons().user());
            DaemonSession.endHandlersBeside(invocation, "");
            invocation.progress().close();
            invocation.output().line("Telepresence Daemons quitting...done");
            if (stays) {
                invocation.output().line("The root daemon is a system service and keeps running");
            }
            return 0;
        }
        Optional<SelectedDaemon> chosen = invocation.chosen();
        boolean was = chosen.isPresent() && chosen.get().daemon().disconnect();
        if (chosen.isPresent() && chosen.get().container().isPresent()) {
            invocation.docker().endHandlers(chosen.get().container().get(), "");
        } else {
            DaemonSession.endHandlersBeside(invocation, "");
        }
        invocation.output().line(was ? "Disconnected" : "Not connected");
        return 0;
    }

    /** Also what daemons that were killed have left behind. */
    private static void stopContainers(Invocation invocation) throws FaultException {
        for (ContainerDaemon each : invocation.daemons().containers()) {
            DaemonSession.quit(invocation.daemons().in(each));
        }
        if (invocation.daemons().hasContainers()) {
            invocation.docker().removeAll();
        }
    }

    /** True: the root daemon is a service and stays. */
    private static boolean stop(Invocation invocation, Optional<Daemon> daemon) throws FaultException {
        Optional<Boolean> told = daemon.isPresent() ? DaemonSession.quit(daemon.get()) : Optional.empty();
        boolean stays = told.isPresent() ? told.get() : quitRoot(invocation, daemon.isPresent());
        invocation.daemons().awaitEnd();
        return stays;
    }

    /** @param going the user daemon has told it already, so it may be gone by now */
    private static boolean quitRoot(Invocation invocation, boolean going) throws FaultException {
        try {
            return DaemonSession.rootVersion(invocation).isPresent()
                    && invocation.daemons().quitRoot();
        } catch (FaultException e) {
            if (going && e.fault().kind() == Fault.Kind.UNREACHABLE) {
                return false;
            }
            throw e;
        }
    }
}

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
        return "End the session, and with -s the daemons";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create().addOption(OptionSpecs.flag("Stop all local daemons too", "-s", "--stop-daemons"));
    }

    @Override
    public int run(Invocation call) throws FaultException {
        if (call.flag("--stop-daemons")) {
            call.progress().step("Telepresence Daemons quitting...");
            stopContainers(call);
            boolean stays = stop(call, call.daemons().user());
            DaemonSession.endHandlersBeside(call, "");
            call.progress().close();
            call.output().line("Telepresence Daemons quitting...done");
            if (stays) {
                call.output().line("The root daemon is a system service and keeps running");
            }
            return 0;
        }
        Optional<SelectedDaemon> chosen = call.chosen();
        boolean was = chosen.isPresent() && chosen.get().daemon().disconnect();
        if (chosen.isPresent() && chosen.get().container().isPresent()) {
            call.docker().endHandlers(chosen.get().container().get(), "");
        } else {
            DaemonSession.endHandlersBeside(call, "");
        }
        call.output().line(was ? "Disconnected" : "Not connected");
        return 0;
    }

    /** Also what daemons that were killed have left behind. */
    private static void stopContainers(Invocation call) throws FaultException {
        for (ContainerDaemon each : call.daemons().containers()) {
            DaemonSession.quit(call.daemons().in(each));
        }
        if (call.daemons().hasContainers()) {
            call.docker().removeAll();
        }
    }

    /** True: the root daemon is a service and stays. */
    private static boolean stop(Invocation call, Optional<Daemon> daemon) throws FaultException {
        Optional<Boolean> told = daemon.isPresent() ? DaemonSession.quit(daemon.get()) : Optional.empty();
        boolean stays = told.isPresent() ? told.get() : quitRoot(call, daemon.isPresent());
        call.daemons().awaitEnd();
        return stays;
    }

    /** @param going the user daemon has told it already, so it may be gone by now */
    private static boolean quitRoot(Invocation call, boolean going) throws FaultException {
        try {
            return DaemonSession.rootVersion(call).isPresent() && call.daemons().quitRoot();
        } catch (FaultException e) {
            if (going && e.fault().kind() == Fault.Kind.UNREACHABLE) {
                return false;
            }
            throw e;
        }
    }
}

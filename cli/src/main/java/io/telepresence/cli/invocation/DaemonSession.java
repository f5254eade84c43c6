package io.telepresence.cli.invocation;

import io.telepresence.cli.daemon.Connected;
import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.cli.registry.SelectedDaemon;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.ConnectRequest;
import java.util.Optional;

/** What several commands do to have a session. */
public final class DaemonSession {
    private DaemonSession() {}

    /** Both daemons, started if need be. Without the root daemon a user daemon that was started for it ends again. */
    public static Daemon daemons(Invocation invocation) throws FaultException {
        boolean ran = invocation.runningDaemon().isPresent();
        Daemon daemon = invocation.daemon();
        try {
            if (invocation.daemons().rootVersion().isEmpty()) {
                // No unfinished step may stand where sudo asks for a password.
                invocation.progress().milestone("Launching Telepresence Root Daemon");
                invocation.daemons().launchRoot();
            }
            return daemon;
        } catch (FaultException e) {
            if (!ran) {
                quitAfter(e, daemon);
            }
            throw e;
        }
    }

    private static void quitAfter(FaultException why, Daemon daemon) {
        try {
            quit(daemon);
        } catch (FaultException e) {
            why.addSuppressed(e);
        }
    }

    /**
     * Ends the daemon; one that is gone before its answer came has done what it was told.
     *
     * @return whether the root daemon is a service and stays; empty: it was gone before it could say
     */
    public static Optional<Boolean> quit(Daemon daemon) throws FaultException {
        try {
            return Optional.of(daemon.quit());
        } catch (FaultException e) {
            if (e.fault().kind() != Fault.Kind.UNREACHABLE) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /**
     * Ends containers whose engagement was one of this machine's daemon, in case that their command was killed. The
     * engagement is over in any case: what the engine says against it is a warning.
     *
     * @param engagement its id; empty: all
     */
    public static void endHandlersBeside(Invocation invocation, String engagement) {
        if (!invocation.daemons().hasHandlers()) {
            return;
        }
        try {
            invocation.docker().endHandlersBeside(engagement);
        } catch (FaultException e) {
            invocation.output().warn("Warning: " + e.fault());
        }
    }

    /** The caller's root daemon; one that serves somebody else is nobody's business here. */
    public static Optional<String> rootVersion(Invocation invocation) throws FaultException {
        try {
            return invocation.daemons().rootVersion();
        } catch (FaultException e) {
            if (e.fault().kind() == Fault.Kind.DENIED) {
                return Optional.empty();
            }
            throw e;
        }
    }

    public static Connected connect(Invocation invocation, Daemon daemon, KubeFlags flags, ConnectRequest request)
            throws FaultException {
        invocation.progress().step("Connecting");
        Connected connected = daemon.connect(flags, request, invocation.progress()::step);
        if (connected.already()) {
            invocation.progress().close();
        } else {
            invocation
                    .progress()
                    .milestone("Connected to context " + connected.context() + ", namespace " + connected.namespace()
                            + " (" + connected.server() + ")");
        }
        connected.warnings().forEach(w -> invocation.output().warn("Warning: " + w));
        return connected;
    }

    public static Daemon session(Invocation invocation) throws FaultException {
        return chosen(invocation).daemon();
    }

    /** A daemon with a session. Makes one with the defaults where there is none, and says that this will go away. */
    public static SelectedDaemon chosen(Invocation invocation) throws FaultException {
        Optional<SelectedDaemon> running = invocation.chosen();
        if (running.isPresent() && hasSession(invocation, running.get().daemon())) {
            return running.get();
        }
        if (running.isPresent() && running.get().container().isPresent()) {
            throw Fault.user(
                            "the connection " + running.get().name() + " is not connected",
                            "Run \"telepresence connect --docker\" first")
                    .exception();
        }
        invocation
                .output()
                .warn("Warning: connecting implicitly is deprecated and will be removed; run \"telepresence connect\""
                        + " first");
        Daemon daemon = daemons(invocation);
        ConnectRequest defaults = ConnectRequest.newBuilder()
                .setManagerNamespace(invocation.managerNamespace())
                .build();
        connect(invocation, daemon, KubeOptions.of(invocation), defaults);
        return new SelectedDaemon(daemon, Optional.empty());
    }

    /** Waits where the session has lost its traffic-manager, and says so: another one would only be in its way. */
    private static boolean hasSession(Invocation invocation, Daemon daemon) throws FaultException {
        DaemonStatus status = daemon.status();
        if (status.reconnecting()) {
            invocation
                    .output()
                    .warn("Warning: the traffic-manager is out of reach; waiting until the session has reconnected");
            daemon.awaitManager(invocation.progress()::step);
        }
        return status.connected() || status.reconnecting();
    }

    /** The connection in a container that is connected, for a command that makes no sense elsewhere. */
    public static ContainerDaemon container(Invocation invocation, String command) throws FaultException {
        Optional<SelectedDaemon> running = invocation.chosen();
        if (running.isEmpty() || running.get().container().isEmpty()) {
            throw Fault.user(
                            "telepresence " + command + " needs a connection in a container",
                            "Run \"telepresence connect --docker\" first")
                    .exception();
        }
        return chosen(invocation).container().orElseThrow();
    }

    /** A daemon that runs; for commands that make no sense without one. */
    public static SelectedDaemon present(Invocation invocation) throws FaultException {
        Optional<SelectedDaemon> running = invocation.chosen();
        if (running.isEmpty()) {
            throw Fault.user("not connected", "Run \"telepresence connect\" first")
                    .exception();
        }
        return running.get();
    }
}

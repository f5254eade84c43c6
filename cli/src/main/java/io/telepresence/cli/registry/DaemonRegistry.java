package io.telepresence.cli.registry;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The local daemons, on this machine and in containers: which run, and how to start them. */
public interface DaemonRegistry {
    /** This machine's user daemon if it runs and answers its socket. */
    Optional<Daemon> user() throws FaultException;

    /** The connections in containers that run. */
    List<ContainerDaemon> containers() throws FaultException;

    /** Whether connections in containers are on record, whether they run or not. */
    boolean hasContainers() throws FaultException;

    /** Whether commands have containers beside this machine's daemon, or had some when they were killed. */
    boolean hasHandlers();

    /** The daemon in the container of a connection. */
    Daemon in(ContainerDaemon connection);

    /** The daemon that is meant by {@code --use}, or without it. Empty: none runs. */
    default Optional<SelectedDaemon> chosen(String use) throws FaultException {
        return SelectedDaemon.among(running(), use);
    }

    /** All that run, the one of this machine first. */
    default List<SelectedDaemon> running() throws FaultException {
        List<SelectedDaemon> running = new ArrayList<>();
        user().ifPresent(d -> running.add(new SelectedDaemon(d, Optional.empty())));
        for (ContainerDaemon each : containers()) {
            running.add(new SelectedDaemon(in(each), Optional.of(each)));
        }
        return running;
    }

    /** Starts the user daemon and waits until it listens. */
    Daemon launchUser() throws FaultException;

    /** Version of the root daemon if it runs. */
    Optional<String> rootVersion() throws FaultException;

    /** Starts the root daemon, through sudo where the caller is not root, and waits until it listens. */
    void launchRoot() throws FaultException;

    /** Asks the root daemon itself to end, for when no user daemon runs; true: it is a service and stays. */
    boolean quitRoot() throws FaultException;

    /** Waits until the daemons that were asked to end are gone; bounded. */
    void awaitEnd();
}

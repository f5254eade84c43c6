package io.telepresence.cli.daemon;

import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The local daemons, on this machine and in containers: which run, and how to start them. */
public interface Daemons {
    /** This machine's user daemon if it runs and answers its socket. */
    Optional<Daemon> user() throws FaultException;

    /** The connections in containers that run. */
    List<Connection> containers() throws FaultException;

    /** Whether connections in containers are on record, whether they run or not. */
    boolean hasContainers() throws FaultException;

    /** Whether commands have containers beside this machine's daemon, or had some when they were killed. */
    boolean hasHandlers();

    /** The daemon in the container of a connection. */
    Daemon in(Connection connection);

    /** The daemon that is meant by {@code --use}, or without it. Empty: none runs. */
    default Optional<Chosen> chosen(String use) throws FaultException {
        return Chosen.among(running(), use);
    }

    /** All that run, the one of this machine first. */
    default List<Chosen> running() throws FaultException {
        List<Chosen> running = new ArrayList<>();
        user().ifPresent(d -> running.add(new Chosen(d, Optional.empty())));
        for (Connection each : containers()) {
            running.add(new Chosen(in(each), Optional.of(each)));
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

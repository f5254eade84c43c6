package io.telepresence.cli.daemon;

import io.telepresence.fault.FaultException;
import java.util.Optional;

/** The two local daemons: which run, and how to start them. */
public interface Daemons {
    /** The user daemon if it runs and answers its socket. */
    Optional<Daemon> user() throws FaultException;

    /** Starts the user daemon and waits until it listens. */
    Daemon launchUser() throws FaultException;

    /** Version of the root daemon if it runs. */
    Optional<String> rootVersion() throws FaultException;

    /** Starts the root daemon, through sudo where the caller is not root, and waits until it listens. */
    void launchRoot() throws FaultException;

    /** Asks the root daemon itself to end; for when no user daemon runs. */
    void quitRoot() throws FaultException;

    /** Waits until the daemons that were asked to end are gone; bounded. */
    void awaitEnd();
}

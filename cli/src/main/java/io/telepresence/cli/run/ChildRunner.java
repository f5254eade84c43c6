package io.telepresence.cli.run;

import io.telepresence.fault.FaultException;

/** Runs a command to its end. */
@FunctionalInterface
public interface ChildRunner {
    /**
     * From now on Ctrl-C, SIGTERM and SIGHUP do not end this process, because there is something to clean up: until it
     * starts a command they are noted, and {@link #run} tells of them.
     */
    default void holdSignals() {}

    /**
     * The command's exit code; 128 + signal where a signal ended it, or came before it could be started.
     *
     * @throws FaultException it cannot be started
     */
    int run(Job job) throws FaultException;
}

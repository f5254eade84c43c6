package io.telepresence.cli.run;

import io.telepresence.fault.FaultException;

/** Runs a command to its end. */
@FunctionalInterface
public interface ChildRunner {
    /**
     * The command's exit code; 128 + signal where a signal ended it.
     *
     * @throws FaultException it cannot be started
     */
    int run(Job job) throws FaultException;
}

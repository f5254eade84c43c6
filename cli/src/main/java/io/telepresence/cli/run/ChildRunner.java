package io.telepresence.cli.run;

import io.telepresence.fault.FaultException;
import java.util.List;
import java.util.Map;

/** Runs a command to its end. */
@FunctionalInterface
public interface ChildRunner {
    /**
     * The command's exit code; 128 + signal where a signal ended it.
     *
     * @param environment put over the caller's own
     * @throws FaultException it cannot be started
     */
    int run(List<String> command, Map<String, String> environment) throws FaultException;
}

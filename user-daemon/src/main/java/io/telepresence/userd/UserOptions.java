package io.telepresence.userd;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.nio.file.Path;

/**
 * The command line of the user daemon: {@code [--logfile FILE] [--container] [--listen PORT --secret-file FILE]}.
 *
 * @param container this is a container of {@code connect --docker}: the laptop is outside, and a supervisor beside this
 *     daemon keeps the root daemon running
 * @param endpoint where else it answers
 */
record UserOptions(Path logFile, boolean container, UserDaemon.Endpoint endpoint) {

    /** @param logs directory of the log file where none is named */
    static UserOptions parse(String[] arguments, Path logs) throws FaultException {
        Path logFile = logs.resolve("connector.log");
        boolean container = false;
        int port = 0;
        Path secret = Path.of("");
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--logfile", "--log-file" -> logFile = Path.of(value(arguments, ++i));
                case "--container" -> container = true;
                case "--listen" -> port = port(value(arguments, ++i));
                case "--secret-file" -> secret = Path.of(value(arguments, ++i));
                default ->
                    throw Fault.user("unknown argument " + arguments[i], "").exception();
            }
        }
        if ((port != 0) == secret.toString().isEmpty()) {
            throw Fault.user("--listen and --secret-file go together", "").exception();
        }
        return new UserOptions(logFile, container, new UserDaemon.Endpoint(port, secret));
    }

    private static int port(String text) throws FaultException {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw Fault.user("--listen takes a port, not " + text, "").exception(e);
        }
    }

    private static String value(String[] arguments, int at) throws FaultException {
        if (at >= arguments.length) {
            throw Fault.user(arguments[at - 1] + " takes a value", "").exception();
        }
        return arguments[at];
    }
}

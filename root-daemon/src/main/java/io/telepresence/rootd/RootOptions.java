package io.telepresence.rootd;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The command line of the root daemon.
 *
 * <p>Whoever may start it through sudo without a password is not root, and may be allowed to give any arguments: such a
 * caller names no file, and no owner but himself.
 *
 * @param owners users who may command it besides root; the first one gets the socket
 * @param group whose members may command it, instead of the owners; empty: none
 * @param logFile where the log goes
 * @param service stays after quit
 * @param cleanup undo what a killed daemon left behind, then end
 * @param container the machine is a container that other containers use as their way into the cluster; the process may
 *     be its owner's, with the right to change the container's network
 */
record RootOptions(
        List<Long> owners,
        String group,
        Path logFile,
        boolean service,
        boolean cleanup,
        boolean foreground,
        boolean container) {
    private static final Path LOG_FILE = Path.of("/var/log/telepresence/daemon.log");

    RootOptions {
        owners = List.copyOf(owners);
    }

    static RootOptions parse(List<String> arguments, Map<String, String> environment) throws FaultException {
        String caller = environment.getOrDefault("SUDO_UID", "0");
        boolean root = caller.equals("0");
        Set<Long> owners = new LinkedHashSet<>();
        String group = "";
        Path logFile = LOG_FILE;
        boolean service = false;
        boolean cleanup = false;
        boolean foreground = false;
        boolean container = false;
        for (int i = 0; i < arguments.size(); i++) {
            switch (arguments.get(i)) {
                case "--owner" -> addUids(owners, value(arguments, ++i));
                case "--group" -> group = value(arguments, ++i);
                case "--logfile", "--log-file" ->
                    logFile = Path.of(rootsOwn(root, value(arguments, ++i), "a log file"));
                case "--service" -> service = true;
                case "--cleanup" -> cleanup = true;
                case "--foreground" -> foreground = true;
                case "--container" -> container = true;
                default ->
                    throw Fault.user("unknown option " + arguments.get(i), "See docs/architecture.md")
                            .exception();
            }
        }
        if (owners.isEmpty()) {
            addUids(owners, caller);
        } else if (!root && !owners.equals(Set.of(uid(caller)))) {
            rootsOwn(false, "", "another owner");
        }
        return new RootOptions(List.copyOf(owners), group, logFile, service, cleanup, foreground, container);
    }

    private static void addUids(Set<Long> owners, String text) throws FaultException {
        for (String uid : text.split(",")) {
            owners.add(uid(uid));
        }
    }

    private static long uid(String text) throws FaultException {
        try {
            return Integer.toUnsignedLong(Integer.parseUnsignedInt(text.strip()));
        } catch (NumberFormatException e) {
            throw Fault.user("--owner takes user numbers, not " + text, "").exception();
        }
    }

    private static String rootsOwn(boolean root, String value, String what) throws FaultException {
        if (!root) {
            throw Fault.denied("through sudo " + what + " cannot be named", "Run: sudo telepresence rootd --detach")
                    .exception();
        }
        return value;
    }

    private static String value(List<String> arguments, int at) throws FaultException {
        if (at >= arguments.size()) {
            throw Fault.user("option " + arguments.get(at - 1) + " takes a value", "")
                    .exception();
        }
        return arguments.get(at);
    }
}

package io.telepresence.cli.daemon;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The daemon that a command is about.
 *
 * @param container its connection, if it is in a container
 */
public record Chosen(Daemon daemon, Optional<Connection> container) {

    /**
     * Chooses among those that run.
     *
     * @param use expression of {@code --use}, which must fit one name; empty: there is one only, or one only that is
     *     connected
     * @return empty: none runs
     */
    static Optional<Chosen> among(List<Chosen> running, String use) throws FaultException {
        if (!use.isEmpty()) {
            return Optional.of(only(named(running, use), use));
        }
        if (running.size() < 2) {
            return running.stream().findFirst();
        }
        List<Chosen> connected = new ArrayList<>();
        for (Chosen each : running) {
            DaemonStatus status = each.daemon().status();
            if (status.connected() || status.reconnecting()) {
                connected.add(each);
            }
        }
        if (connected.isEmpty()) {
            return running.stream().findFirst();
        }
        return Optional.of(only(connected, use));
    }

    private static Chosen only(List<Chosen> found, String use) throws FaultException {
        if (found.size() == 1) {
            return found.getFirst();
        }
        List<String> names = new ArrayList<>();
        for (Chosen each : found) {
            names.add(each.name());
        }
        if (names.isEmpty()) {
            throw Fault.user(
                            "no connection fits --use \"" + use + "\"",
                            "\"telepresence status\" shows those that there are")
                    .exception();
        }
        String which = String.join(", ", names);
        throw Fault.user(
                        use.isEmpty()
                                ? "multiple daemons are running (" + which + ")"
                                : "several connections fit --use \"" + use + "\": " + which,
                        "Please select one using the --use <match> flag")
                .exception();
    }

    private static List<Chosen> named(List<Chosen> running, String use) throws FaultException {
        try {
            Pattern pattern = Pattern.compile(use);
            List<Chosen> found = new ArrayList<>();
            for (Chosen each : running) {
                String name = each.name();
                if (name.equals(use)) {
                    return List.of(each);
                }
                if (pattern.matcher(name).find()) {
                    found.add(each);
                }
            }
            return found;
        } catch (PatternSyntaxException e) {
            throw Fault.user("--use \"" + use + "\" is not a regular expression: " + e.getDescription(), "")
                    .exception(e);
        }
    }

    /** Of the connection; of a daemon on this machine without one: {@code host}. */
    public String name() throws FaultException {
        if (container.isPresent()) {
            return container.get().name();
        }
        String name = daemon.status().connection().name();
        return name.isEmpty() ? "host" : name;
    }
}

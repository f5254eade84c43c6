package io.telepresence.cli.registry;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.DaemonStatus;
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
public record SelectedDaemon(Daemon daemon, Optional<ContainerDaemon> container) {

    /**
     * Chooses among those that run.
     *
     * @param use expression of {@code --use}, which must fit one name; empty: there is one only, or one only that is
     *     connected
     * @return empty: none runs
     */
    static Optional<SelectedDaemon> among(List<SelectedDaemon> running, String use) throws FaultException {
        if (!use.isEmpty()) {
            return Optional.of(only(named(running, use), use));
        }
        if (running.size() < 2) {
            return running.stream().findFirst();
        }
        List<SelectedDaemon> connected = new ArrayList<>();
        for (SelectedDaemon each : running) {
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

    private static SelectedDaemon only(List<SelectedDaemon> found, String use) throws FaultException {
        if (found.size() == 1) {
            return found.getFirst();
        }
        List<String> names = new ArrayList<>();
        for (SelectedDaemon each : found) {
            names.add(each.name());
        }
        if (names.isEmpty()) {
            throw Fault.user("no connection matches --use \"" + use + "\"", "\"telepresence status\" lists them")
                    .exception();
        }
        String which = String.join(", ", names);
        throw Fault.user(
                        use.isEmpty()
                                ? "multiple daemons are running (" + which + ")"
                                : "several connections match --use \"" + use + "\": " + which,
                        "Please select one using the --use <match> flag")
                .exception();
    }

    private static List<SelectedDaemon> named(List<SelectedDaemon> running, String use) throws FaultException {
        try {
            Pattern pattern = Pattern.compile(use);
            List<SelectedDaemon> found = new ArrayList<>();
            for (SelectedDaemon each : running) {
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

    /** Subnets that lead into the cluster. */
    public List<String> routes() throws FaultException {
        return daemon.status()
                .root()
                .map(DaemonStatus.Root::subnets)
                .map(DaemonStatus.Subnets::mapped)
                .orElse(List.of());
    }
}

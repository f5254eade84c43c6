package io.telepresence.cli.docker;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Removes containers and networks of this user's connections: at quit, and what commands and daemons that were killed have
 * left. Never touches what does not carry our labels.
 */
final class ContainerCleanup {
    /** States of a container that runs or is about to; one that is being removed is none of them. */
    private static final Set<String> ALIVE = Set.of("created", "running", "paused", "restarting");

    private final Docker docker;
    private final long uid;

    ContainerCleanup(Docker docker, long uid) {
        this.docker = docker;
        this.uid = uid;
    }

    /** Everything of one connection. */
    void remove(ContainerDaemon connection) throws FaultException {
        remove(connection.name());
    }

    void remove(String connection) throws FaultException {
        removeContainers(containers(Labels.filter(Labels.CONNECTION, connection)));
        for (String network : networks(Labels.filter(Labels.CONNECTION, connection))) {
            docker.run("network", "rm", network);
        }
    }

    /** Names of connections that have containers or networks. */
    Set<String> connections() throws FaultException {
        String label = "{{.Label \"" + Labels.CONNECTION + "\"}}";
        Set<String> names = new LinkedHashSet<>(docker.must(
                        "list containers",
                        "ps",
                        "--all",
                        Labels.filter(Labels.OWNER, uid),
                        "--filter=label=" + Labels.CONNECTION,
                        "--format",
                        label)
                .lines());
        names.addAll(docker.must(
                        "list networks",
                        "network",
                        "ls",
                        Labels.filter(Labels.OWNER, uid),
                        "--filter=label=" + Labels.CONNECTION,
                        "--format",
                        label)
                .lines());
        return names;
    }

    /** @param engagement empty: of all */
    void endHandlers(String connection, String engagement) throws FaultException {
        List<String> command = new ArrayList<>(List.of("ps", "--all", "--quiet"));
        command.add(Labels.filter(Labels.OWNER, uid));
        command.add(Labels.filter(Labels.CONNECTION, connection));
        command.add(Labels.filter(Labels.ROLE, "handler"));
        if (!engagement.isEmpty()) {
            command.add(Labels.filter(Labels.ENGAGEMENT, engagement));
        }
        List<String> found = docker.must("list containers", command).lines();
        if (!found.isEmpty()) {
            List<String> stop = new ArrayList<>(List.of("stop", "--time=2"));
            stop.addAll(found);
            docker.run(stop);
            removeContainers(found);
        }
    }

    /**
     * Sandboxes and the like whose handler is gone, or was never made by a command that is gone too. A command that waits
     * for its engagement has only a sandbox yet.
     */
    void removeOrphans(String connection) throws FaultException {
        List<String[]> rows = docker
                .must(
                        "list containers",
                        "ps",
                        "--all",
                        Labels.filter(Labels.OWNER, uid),
                        Labels.filter(Labels.CONNECTION, connection),
                        "--format",
                        "{{.Names}} {{.Label \"" + Labels.ROLE + "\"}} {{.State}} {{.Label \"" + Labels.STARTER
                                + "\"}}")
                .lines()
                .stream()
                .map(row -> row.split(" "))
                .filter(words -> words.length >= 3)
                .toList();
        Set<String> handlers = new LinkedHashSet<>();
        for (String[] row : rows) {
            if (row[1].equals("handler") && ALIVE.contains(row[2])) {
                handlers.add(row[0]);
            }
        }
        removeContainers(rows.stream()
                .filter(row -> isOrphan(row, handlers))
                .map(row -> row[0])
                .toList());
    }

    private static boolean isOrphan(String[] row, Set<String> handlers) {
        String name = row[0];
        return switch (row[1]) {
            case "handler" -> !handlers.contains(name);
            case "sandbox" -> !handlers.contains(without(name, "-sandbox")) && (row.length < 4 || !lives(row[3]));
            case "tools" -> !handlers.contains(without(name, "-tools")) && (row.length < 4 || !lives(row[3]));
            case "volumes" -> !handlers.contains(without(name, "-volumes"));
            default -> false;
        };
    }

    private static String without(String name, String ending) {
        return name.endsWith(ending) ? name.substring(0, name.length() - ending.length()) : name;
    }

    private static boolean lives(String process) {
        return process.matches("\\d{1,18}")
                && ProcessHandle.of(Long.parseLong(process)).isPresent();
    }

    private List<String> containers(String filter) throws FaultException {
        return docker.must("list containers", "ps", "--all", "--quiet", Labels.filter(Labels.OWNER, uid), filter)
                .lines();
    }

    private List<String> networks(String filter) throws FaultException {
        return docker.must("list networks", "network", "ls", "--quiet", Labels.filter(Labels.OWNER, uid), filter)
                .lines();
    }

    private void removeContainers(List<String> containers) throws FaultException {
        if (!containers.isEmpty()) {
            List<String> command = new ArrayList<>(List.of("rm", "--force", "--volumes"));
            command.addAll(containers);
            Docker.Output output = docker.run(command);
            if (DockerFaults.isUnheard(output)) {
                throw DockerFaults.of("remove containers", output).exception();
            }
        }
    }
}

package io.telepresence.cli.docker;

import io.telepresence.cli.daemon.Connection;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Removes containers and networks of this user's connections: at quit, and what commands and daemons that were killed have
 * left. Never touches what does not carry our labels.
 */
final class Remains {
    private final Docker docker;
    private final long uid;

    Remains(Docker docker, long uid) {
        this.docker = docker;
        this.uid = uid;
    }

    /** Everything of one connection. */
    void remove(Connection connection) throws FaultException {
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
            docker.run(java.util.Map.of(), stop);
            removeContainers(found);
        }
    }

    /** Sandboxes and the like whose handler is gone. */
    void removeOrphans(String connection) throws FaultException {
        List<String> rows = docker.must(
                        "list containers",
                        "ps",
                        "--all",
                        Labels.filter(Labels.OWNER, uid),
                        Labels.filter(Labels.CONNECTION, connection),
                        "--format",
                        "{{.Names}} {{.Label \"" + Labels.ROLE + "\"}} {{.State}}")
                .lines();
        Set<String> handlers = new LinkedHashSet<>();
        List<String> others = new ArrayList<>();
        for (String row : rows) {
            String[] words = row.split(" ");
            if (words.length == 3 && words[1].equals("handler") && !words[2].equals("exited")) {
                handlers.add(words[0]);
            } else if (words.length == 3 && !words[1].equals("daemon")) {
                others.add(words[0]);
            }
        }
        removeContainers(others.stream()
                .filter(o -> handlers.stream().noneMatch(h -> o.equals(h + "-sandbox") || o.equals(h + "-volumes")))
                .toList());
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
            docker.run(java.util.Map.of(), command);
        }
    }
}

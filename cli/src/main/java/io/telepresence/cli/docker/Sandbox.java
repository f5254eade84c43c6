package io.telepresence.cli.docker;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds the network of one handler, as the pause container of a pod does: published ports, names, and routes into the
 * cluster through the daemon's container, before the handler starts.
 */
final class Sandbox {
    private final Docker docker;
    private final ContainerDaemon connection;
    private final long uid;
    private final String handler;

    Sandbox(Docker docker, ContainerDaemon connection, long uid, String handler) {
        this.docker = docker;
        this.connection = connection;
        this.uid = uid;
        this.handler = handler;
    }

    String name() {
        return handler + "-sandbox";
    }

    /**
     * Starts it; its address on the connection's network.
     *
     * @param exposed ports that the handler's image declares, as {@code 80/tcp}: this container's own declares none
     */
    String open(RunArguments arguments, List<String> exposed) throws FaultException {
        List<String> words = new ArrayList<>(List.of("run", "--detach", "--rm", "--name=" + name()));
        words.add(Labels.of(Labels.CONNECTION, connection.name()));
        words.add(Labels.of(Labels.ROLE, "sandbox"));
        words.add(Labels.of(Labels.OWNER, uid));
        words.add(Labels.of(Labels.STARTER, ProcessHandle.current().pid()));
        words.add("--network=" + connection.network().name());
        words.add("--network-alias=" + handler);
        words.add("--dns=" + connection.network().gateway4());
        words.addAll(List.of(
                "--cap-drop=ALL",
                "--cap-add=NET_ADMIN",
                "--security-opt=no-new-privileges",
                "--read-only",
                "--volume=/.telepresence",
                "--sysctl=net.ipv4.conf.all.route_localnet=1"));
        words.addAll(arguments.sandbox());
        exposed.forEach(p -> words.add("--expose=" + p));
        words.add("--entrypoint=/opt/telepresence/container/sandbox");
        words.add(connection.image());
        words.addAll(gateways());
        docker.must("start the container " + name(), words);
        for (UserNetwork network : arguments.networks()) {
            List<String> join = new ArrayList<>(List.of("network", "connect"));
            join.addAll(network.options());
            join.addAll(List.of(network.name(), name()));
            docker.must("join the network " + network.name(), join);
        }
        String format =
                "{{(index .NetworkSettings.Networks \"" + connection.network().name() + "\").IPAddress}}";
        return docker.must("find the address of " + name(), "inspect", "--format", format, name())
                .out()
                .strip();
    }

    /**
     * Sets routes and redirections; before the handler starts.
     *
     * @param name looked up in the cluster; empty: none
     * @return whether the cluster has something of that name, which the handler's name hides from now on
     */
    boolean plumb(List<String> routes, List<Handler.Port> ports, List<Handler.Port> toPod, String name)
            throws FaultException {
        List<String> words = new ArrayList<>(List.of("exec", name(), "/opt/telepresence/container/plumb"));
        words.addAll(gateways());
        routes.forEach(r -> words.add("route=" + r));
        ports.forEach(p -> words.add("in=" + p.protocol() + "/" + p.inside()));
        toPod.forEach(p -> words.add("pod=" + p.protocol() + "/" + p.inside()));
        if (!name.isEmpty()) {
            words.add("name=" + name);
        }
        return docker.must("set up the network of " + name(), words).out().contains("known");
    }

    private List<String> gateways() {
        String gateway6 = connection.network().gateway6();
        return List.of(connection.network().gateway4(), gateway6.isEmpty() ? "-" : gateway6);
    }
}

package io.telepresence.cli.docker;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.docker.Docker.Output;
import io.telepresence.cli.registry.ContainerDaemons;
import io.telepresence.cli.registry.KubeAuthProcess;
import io.telepresence.cli.registry.StartLog;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Starts the container of a connection's daemon, on a network of its own. What it makes is removed again if a step fails.
 * Used by one thread, once.
 */
final class DaemonContainer {
    /** Where the daemon listens if a socket cannot be shared, as {@code grpc.daemonPort} of Telepresence. */
    private static final int PORT = 4038;

    private static final String SECRET = "/run/telepresence/secret";
    private static final String SOCKETS = "/run/user/telepresence";
    private static final Duration START = Duration.ofSeconds(20);
    private static final Duration GLANCE = Duration.ofMillis(10);
    private static final int GATEWAY = 2;

    /** Docker's word for the address by which containers reach the machine. */
    private static final String HOST_GATEWAY = "host-gateway";

    private final Docker docker;
    private final ContainerDaemons connections;
    private final Spec spec;

    /**
     * What to start.
     *
     * @param hostname empty: this machine's
     * @param taken subnets that the network must not overlap
     */
    record Spec(
            String name,
            String image,
            String hostname,
            List<String> exposed,
            ApiServerRoute apiServer,
            KubeAuthProcess.Cluster cluster,
            List<String> taken) {}

    /**
     * Who starts it.
     *
     * @param logs directory for its logs
     */
    record Owner(long uid, long gid, String user, Path logs) {
        /**
         * Who the daemons are inside. Where the container's users are others than the machine's, its root has no right on
         * the machine; the number of this user may not even exist there.
         */
        private Owner inside(EngineInfo engine) {
            return engine.users() == EngineInfo.Users.SAME ? this : new Owner(0, 0, user, logs);
        }

        private String ids() {
            return "uid=" + uid + ",gid=" + gid;
        }
    }

    DaemonContainer(Docker docker, ContainerDaemons connections, Spec spec) {
        this.docker = docker;
        this.connections = connections;
        this.spec = spec;
    }

    static String container(String connection) {
        return "tp-" + connection;
    }

    /** Starts it and waits until it listens. It is on record before the engine has anything of it. */
    ContainerDaemon start(Owner owner, EngineInfo engine) throws FaultException {
        String container = container(spec.name());
        ContainerDaemon made = new ContainerDaemon(
                spec.name(),
                connections.prepare(spec.name()),
                container,
                spec.image(),
                new ContainerDaemon.Network(container, "", ""),
                spec.exposed(),
                ContainerDaemon.Endpoint.SOCKET);
        connections.write(made);
        try {
            made = made.in(network(container, owner));
            connections.write(made);
            ContainerLogs.prepare(owner.logs(), owner.uid(), engine.users() == EngineInfo.Users.STRANGERS);
            docker.must("start the container " + container, command(made, owner, engine));
            if (!spec.apiServer().network().isEmpty()) {
                docker.must(
                        "join the network " + spec.apiServer().network(),
                        "network",
                        "connect",
                        spec.apiServer().network(),
                        container);
            }
            if (!engine.sharesSockets()) {
                made = withPort(made, owner, owner.inside(engine));
            }
            await(made, owner);
            connections.write(made);
            return made;
        } catch (FaultException e) {
            new ContainerCleanup(docker, owner.uid()).remove(made);
            connections.forget(made);
            throw e;
        } catch (IOException e) {
            new ContainerCleanup(docker, owner.uid()).remove(made);
            connections.forget(made);
            throw Fault.user("the log directory " + owner.logs() + " cannot be written: " + e.getMessage(), "")
                    .exception(e);
        }
    }

    /** A network in a free subnet: the engine knows which ones its networks have. */
    private ContainerDaemon.Network network(String name, Owner owner) throws FaultException {
        List<String> taken = new ArrayList<>(spec.taken());
        taken.addAll(HostRoutes.read());
        String v6 = spec.cluster().ipv6()
                ? FreeSubnet.v6(taken).stream().findFirst().orElse("")
                : "";
        Output last = null;
        for (String v4 : FreeSubnet.v4(taken)) {
            List<String> command = new ArrayList<>(List.of(
                    "network",
                    "create",
                    Labels.of(Labels.CONNECTION, spec.name()),
                    Labels.of(Labels.OWNER, owner.uid()),
                    "--subnet=" + v4));
            if (!v6.isEmpty()) {
                command.addAll(List.of("--ipv6", "--subnet=" + v6));
            }
            command.add(name);
            last = docker.run(command);
            if (last.ok()) {
                return new ContainerDaemon.Network(
                        name, FreeSubnet.host(v4, GATEWAY), v6.isEmpty() ? "" : FreeSubnet.host(v6, GATEWAY));
            }
            String said = last.err().toLowerCase(Locale.ROOT);
            if (said.contains("overlap") || said.contains("conflict")) {
                if (!v6.isEmpty()) {
                    // It does not say which of the two.
                    taken.add(v6);
                    v6 = FreeSubnet.v6(taken).stream().findFirst().orElse("");
                }
            } else if (said.contains("ipv6")) {
                v6 = "";
            } else {
                break;
            }
        }
        throw last == null
                ? Fault.user("there is no free subnet for a Docker network", "").exception()
                : DockerFaults.of("make the Docker network " + name, last).exception();
    }

    private List<String> command(ContainerDaemon made, Owner owner, EngineInfo engine) {
        Owner inside = owner.inside(engine);
        List<String> words = new ArrayList<>(List.of("run", "--detach", "--rm", "--name=" + made.container()));
        words.add("--network=" + made.network().name());
        words.add("--ip=" + made.network().gateway4());
        if (!made.network().gateway6().isEmpty()) {
            words.add("--ip6=" + made.network().gateway6());
        }
        words.add("--hostname=" + spec.hostname());
        words.add(Labels.of(Labels.CONNECTION, spec.name()));
        words.add(Labels.of(Labels.ROLE, "daemon"));
        words.add(Labels.of(Labels.OWNER, owner.uid()));
        words.addAll(privileges(inside));
        words.add("--volume=" + owner.logs() + ":" + DockerMode.LOGS);
        words.addAll(List.of("--env=XDG_RUNTIME_DIR=/run/user", "--env=HOME=/tmp", "--env=USER=" + owner.user()));
        if (!spec.cluster().hostGateway().isEmpty() && engine.addsHostGateway()) {
            words.add("--add-host=" + spec.cluster().hostGateway() + ":" + hostGateway(engine));
        }
        spec.exposed().forEach(p -> words.add("--publish=" + p));
        if (engine.sharesSockets()) {
            words.add("--volume=" + made.directory() + ":" + SOCKETS);
        } else {
            words.add("--tmpfs=/run/user:" + inside.ids() + ",mode=0700");
            words.add("--publish=127.0.0.1::" + PORT);
        }
        words.addAll(List.of("--entrypoint=/opt/telepresence/container/daemon", spec.image()));
        words.add(Long.toString(inside.uid()));
        words.add(Long.toString(inside.gid()));
        if (!engine.sharesSockets()) {
            words.addAll(List.of("--listen", Integer.toString(PORT), "--secret-file", SECRET));
        }
        return words;
    }

    /** The gateway of a rootless engine is in a network of its own; from there this machine has its usual address. */
    private static String hostGateway(EngineInfo engine) {
        return engine.users() == EngineInfo.Users.ROOT_IS_THIS_USER
                ? HostRoutes.ownAddress().orElse(HOST_GATEWAY)
                : HOST_GATEWAY;
    }

    /**
     * No right but those that {@code container/daemon} drops itself, and the one to change the container's own network.
     */
    private static List<String> privileges(Owner inside) {
        return List.of(
                "--cap-drop=ALL",
                "--cap-add=NET_ADMIN",
                "--cap-add=SETUID",
                "--cap-add=SETGID",
                "--cap-add=SETPCAP",
                "--security-opt=no-new-privileges",
                "--device=/dev/net/tun",
                "--read-only",
                "--tmpfs=/run/telepresence:" + inside.ids() + ",mode=0755",
                "--tmpfs=/tmp:exec,mode=1777",
                "--sysctl=net.ipv4.ip_forward=1",
                "--sysctl=net.ipv6.conf.all.disable_ipv6=0",
                "--sysctl=net.ipv6.conf.all.forwarding=1");
    }

    private ContainerDaemon withPort(ContainerDaemon made, Owner owner, Owner inside) throws FaultException {
        String published = docker.must("find the daemon's port", "port", made.container(), PORT + "/tcp")
                .lines()
                .getFirst();
        int port = Integer.parseInt(published.substring(published.lastIndexOf(':') + 1));
        String secret = "";
        long end = System.nanoTime() + START.toNanos();
        while (secret.isEmpty() && System.nanoTime() < end) {
            Output read = docker.run("exec", "--user=" + inside.uid(), made.container(), "cat", SECRET);
            if (read.ok()) {
                secret = read.out().strip();
            } else if (!runs(made)) {
                throw ended(made, owner);
            }
            pause();
        }
        if (secret.isEmpty()) {
            throw late(made, owner);
        }
        return made.behind(new ContainerDaemon.Endpoint(port, secret));
    }

    private void await(ContainerDaemon made, Owner owner) throws FaultException {
        long start = System.nanoTime();
        long looked = start;
        while (!ContainerDaemons.listens(made)) {
            long now = System.nanoTime();
            if (now - start > START.toNanos()) {
                throw late(made, owner);
            }
            if (now - looked > Duration.ofSeconds(1).toNanos()) {
                looked = now;
                if (!runs(made)) {
                    throw ended(made, owner);
                }
            }
            pause();
        }
    }

    private boolean runs(ContainerDaemon made) throws FaultException {
        return docker.run("inspect", "--format", "{{.State.Running}}", made.container())
                .out()
                .strip()
                .equals("true");
    }

    private static FaultException late(ContainerDaemon made, Owner owner) {
        return Fault.internal("the daemon in the container " + made.container() + " does not listen after "
                        + START.toSeconds() + " s"
                        + StartLog.lastWords(owner.logs().resolve("connector-start.log")))
                .exception();
    }

    private static FaultException ended(ContainerDaemon made, Owner owner) {
        return Fault.internal("the daemon in the container " + made.container() + " ended while starting"
                        + StartLog.lastWords(owner.logs().resolve("connector-start.log")))
                .exception();
    }

    private static void pause() throws FaultException {
        try {
            Thread.sleep(GLANCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.internal("interrupted while a container starts").exception(e);
        }
    }
}

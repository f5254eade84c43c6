package io.telepresence.cli.docker;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.cli.registry.ContainerDaemons;
import io.telepresence.cli.registry.HandlerPidFiles;
import io.telepresence.cli.registry.KubeAuthProcess;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What commands do in Docker mode. What other packages use of this one. Used by one thread. */
public final class DockerMode {
    /** Where a daemon in a container writes its logs. */
    public static final Path LOGS = Path.of("/var/log/telepresence");

    /** A user without rights that every container has, whatever an engine does with its users. */
    private static final int NOBODY = 65534;

    private final Docker docker;
    private final ContainerDaemons connections;
    private final DockerEnvironment place;

    /**
     * Who uses it, and where.
     *
     * @param executable bin/telepresence
     * @param image client image of this version
     * @param logs directory of this user's logs
     */
    public record DockerEnvironment(
            Path executable,
            String image,
            Path logs,
            Map<String, String> environment,
            long uid,
            long gid,
            String hostname) {}

    public DockerMode(Docker docker, ContainerDaemons connections, DockerEnvironment place) {
        this.docker = docker;
        this.connections = connections;
        this.place = place;
    }

    /** What a connection in a container is started with; {@code hostname} empty: this machine's. */
    public record Start(String name, String hostname, List<String> exposed, KubeAuthProcess.Cluster cluster) {}

    /** Starts the helper that reads this user's kubeconfig. */
    public KubeAuthProcess helper(KubeFlags flags) throws FaultException {
        return KubeAuthProcess.start(place.executable(), flags, place.logs().resolve("kubeauth-start.log"));
    }

    /** Fails with one sentence where no engine can be used. */
    public Engine engine() throws FaultException {
        return new Engine(EngineInfo.of(docker, place.environment()));
    }

    /** An engine that answers. */
    public final class Engine {
        private final EngineInfo facts;

        private Engine(EngineInfo facts) {
            this.facts = facts;
        }

        /**
         * Starts a daemon; removes before what a killed one of that name has left.
         *
         * @param taken subnets that the network must not overlap
         */
        public ContainerDaemon start(Start start, List<String> taken) throws FaultException {
            String container = DaemonContainer.container(start.name());
            new ContainerCleanup(docker, place.uid()).remove(start.name());
            String image = image(start.cluster().image());
            docker.image(image);
            ApiServerRoute route = route(start.cluster());
            DaemonContainer daemon = new DaemonContainer(
                    docker,
                    connections,
                    new DaemonContainer.Spec(
                            start.name(),
                            image,
                            start.hostname().isEmpty() ? place.hostname() : start.hostname(),
                            start.exposed(),
                            route,
                            start.cluster(),
                            taken));
            String user = place.environment().getOrDefault("USER", "");
            return daemon.start(
                    new DaemonContainer.Owner(
                            place.uid(),
                            place.gid(),
                            user.isEmpty() ? Long.toString(place.uid()) : user,
                            logs(container)),
                    facts);
        }
    }

    /**
     * Fails with one sentence where a container could not have volumes that a daemon on this machine serves on its
     * loopback.
     */
    public void checkVolumesOfThisMachine() throws FaultException {
        if (EngineInfo.of(docker, place.environment()).users() != EngineInfo.Users.SAME) {
            throw Fault.user(
                            "containers of this engine cannot reach this machine's loopback, where the daemon serves the"
                                    + " volumes",
                            "Add --mount=false, or connect with --docker")
                    .exception();
        }
    }

    /** Where the daemon of a container writes its logs, on this machine. */
    public Path logs(String container) {
        return place.logs().resolve(container);
    }

    /** host:port by which the container reaches the API server; empty: as the kubeconfig says. */
    public String dial(KubeAuthProcess.Cluster cluster) throws FaultException {
        return route(cluster).dial();
    }

    /** Whether a subnet holds the address that the daemon's container has on the connection's network. */
    public static boolean holds(String subnet, ContainerDaemon connection) {
        return FreeSubnet.overlap(subnet, connection.network().gateway4())
                || !connection.network().gateway6().isEmpty()
                        && FreeSubnet.overlap(subnet, connection.network().gateway6());
    }

    /** The connection of that name if its daemon runs with just these ports. */
    public Optional<ContainerDaemon> running(String name, List<String> exposed) throws FaultException {
        Optional<ContainerDaemon> found = connections.find(name).filter(ContainerDaemons::listens);
        if (found.isPresent() && !Set.copyOf(found.get().exposed()).equals(Set.copyOf(exposed))) {
            throw Fault.user("exposed ports differ. Please quit and reconnect", "")
                    .exception();
        }
        return found;
    }

    /** Takes away all that a connection has: the daemon was told before, if it could be. */
    public void remove(ContainerDaemon connection) throws FaultException {
        new ContainerCleanup(docker, place.uid()).remove(connection);
        connections.forget(connection);
    }

    /**
     * Takes away everything of this user's connections, those of killed daemons too. Without connections on record the
     * engine is not asked: there may be none.
     */
    public void removeAll() throws FaultException {
        List<ContainerDaemon> known = connections.all();
        if (known.isEmpty()) {
            return;
        }
        ContainerCleanup remains = new ContainerCleanup(docker, place.uid());
        Set<String> names = new java.util.LinkedHashSet<>(remains.connections());
        known.forEach(c -> names.add(c.name()));
        for (String name : names) {
            remains.remove(name);
        }
        known.forEach(connections::forget);
    }

    /**
     * A container in the network of a connection, taken apart from what was typed.
     *
     * @param connection empty: beside a daemon on this machine
     * @param name where none was typed
     */
    public Handler handler(Optional<ContainerDaemon> connection, RunArguments arguments, String name)
            throws FaultException {
        docker.image(arguments.image());
        String image = connection.map(ContainerDaemon::image).orElseGet(() -> image(""));
        Handler.Home home = new Handler.Home(connection, image, place.uid());
        ContainerCleanup remains = new ContainerCleanup(docker, place.uid());
        if (connection.isPresent()) {
            remains.removeOrphans(connection.get().name());
            return new Handler(docker, home, arguments, name, () -> {});
        }
        HandlerPidFiles notes = connections.notes();
        if (notes.any()) {
            remains.removeOrphans(Labels.BESIDE);
        }
        Path note = notes.add();
        return new Handler(docker, home, arguments, name, () -> notes.remove(note));
    }

    /**
     * Ends containers of the connection's user whose engagement is over, in case that the command that started them was
     * killed.
     *
     * @param engagement its id; empty: of all engagements, and those without one
     */
    public void endHandlers(ContainerDaemon connection, String engagement) throws FaultException {
        endHandlers(connection.name(), engagement);
    }

    /** The same for containers beside the daemon of this machine. */
    public void endHandlersBeside(String engagement) throws FaultException {
        endHandlers(Labels.BESIDE, engagement);
        connections.notes().removeDead();
    }

    private void endHandlers(String connection, String engagement) throws FaultException {
        ContainerCleanup remains = new ContainerCleanup(docker, place.uid());
        remains.endHandlers(connection, engagement);
        remains.removeOrphans(connection);
    }

    /** Builds an image from a directory or URL; what it is called. */
    public Build build(String context, List<String> options) {
        return new Build(context, options);
    }

    /**
     * The command for curl in a container that shares the network of the daemon's.
     *
     * @param words its arguments
     */
    public List<String> curl(ContainerDaemon connection, List<String> words) {
        List<String> command = new ArrayList<>(List.of(
                Docker.PROGRAM,
                "run",
                "--rm",
                "--interactive",
                "--network=container:" + connection.container(),
                Labels.of(Labels.CONNECTION, connection.name()),
                Labels.of(Labels.ROLE, "curl"),
                Labels.of(Labels.OWNER, place.uid()),
                "--cap-drop=ALL",
                "--security-opt=no-new-privileges",
                "--read-only",
                "--user=" + NOBODY + ":" + NOBODY,
                "--entrypoint=curl",
                connection.image()));
        command.addAll(words);
        return command;
    }

    private String image(String configured) {
        String registry = place.environment().getOrDefault("TELEPRESENCE_REGISTRY", "");
        if (!registry.isEmpty()) {
            return registry + place.image().substring(place.image().lastIndexOf('/'));
        }
        return configured.isEmpty() ? place.image() : configured;
    }

    private ApiServerRoute route(KubeAuthProcess.Cluster cluster) throws FaultException {
        return ApiServerRoute.find(docker, cluster.server(), cluster.hostGateway());
    }
}

package io.telepresence.cli.docker;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.docker.Docker.Output;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A container of the user's that lives in the cluster's network: first {@link #open} (its network is there, so it has an
 * address), then {@link #create}, then the command {@link #start}, and {@link #close}, which may come any time. Beside a
 * daemon on this machine it has an ordinary Docker network and published ports instead. Used by one thread, but for
 * {@link #stop}.
 */
public final class Handler implements AutoCloseable {
    /** Below it a machine's resolver knows the names of the connected namespace. */
    private static final String SEARCH = "tel2-search";

    private static final String HOLD = "/.telepresence/hold";
    private static final char WORD = '\u001f';

    private final Docker docker;
    private final Home home;
    private final RunArguments arguments;
    private final String name;
    private final Sandbox sandbox;

    private final OwnContainers ours;
    private VolumesContainer volumes;

    /**
     * Where it lives.
     *
     * @param connection empty: the daemon is on this machine
     * @param image the client image
     */
    record Home(Optional<ContainerDaemon> connection, String image, long uid) {
        /** The label that tells to which connection its containers belong. */
        String label() {
            return Labels.of(
                    Labels.CONNECTION, connection.map(ContainerDaemon::name).orElse(Labels.BESIDE));
        }
    }

    /** A port of the container, and of this machine where it is published there; protocol tcp or udp. */
    public record Port(int here, int inside, String protocol) {}

    /**
     * The pod's volumes.
     *
     * @param paths where the application has them; empty: there are none
     * @param root directory of the container below which they are put; "/": the very same paths
     * @param port where the daemon serves them
     */
    public record Volumes(List<String> paths, String root, int port, boolean readOnly) {
        public static final Volumes NONE = new Volumes(List.of(), "/", 0, true);
    }

    /**
     * What the engagement gives: environment, volumes and ports.
     *
     * @param engagement its id; empty: there is none
     */
    public record Dress(
            String engagement, Map<String, String> environment, Volumes volumes, List<Port> ports, List<Port> toPod) {}

    /** @param removed runs when nothing is left of it, as far as the engine says */
    Handler(Docker docker, Home home, RunArguments arguments, String name, Runnable removed) {
        this.docker = docker;
        this.home = home;
        this.arguments = arguments;
        this.ours = new OwnContainers(docker, removed);
        this.name =
                arguments.facts().name().isEmpty() ? name : arguments.facts().name();
        this.sandbox = home.connection()
                .map(c -> new Sandbox(docker, c, home.uid(), this.name))
                .orElse(null);
    }

    public String name() {
        return name;
    }

    /** Whether the container keeps running when the command that starts it has ended. */
    public boolean detached() {
        return arguments.facts().detached();
    }

    /** Its address where the daemon finds it. */
    public String open() throws FaultException {
        if (sandbox == null) {
            return "127.0.0.1";
        }
        ours.add(sandbox.name());
        try {
            return sandbox.open(arguments, exposed());
        } catch (FaultException e) {
            throw ours.disowned(sandbox.name(), e);
        }
    }

    /**
     * Makes the container; it does not run yet.
     *
     * @param routes subnets of the cluster
     * @param warnings hears in one sentence what is unwise but works
     */
    public void create(Dress dress, List<String> routes, Consumer<String> warnings) throws FaultException {
        List<String> paths = dress.volumes().paths().stream()
                .filter(p -> !arguments.mounted().contains(inside(dress.volumes(), p)))
                .toList();
        try (ContainerEnvironment environment = ContainerEnvironment.of(dress.environment())) {
            create(dress, paths, environment, routes, warnings);
        } catch (IOException e) {
            throw Fault.user("the environment cannot be written to a temporary file: " + e.getMessage(), "")
                    .exception(e);
        }
        if (!paths.isEmpty()) {
            ours.add(name + "-volumes");
            volumes = new VolumesContainer(docker, home, name, dress.volumes(), paths);
        }
    }

    private void create(
            Dress dress,
            List<String> paths,
            ContainerEnvironment environment,
            List<String> routes,
            Consumer<String> warnings)
            throws FaultException {
        List<String> hold = new ArrayList<>();
        if (!paths.isEmpty() || environment.packed()) {
            hold.add(paths.isEmpty() ? "environment" : "volumes");
        }
        if (sandbox != null) {
            String typed = arguments.facts().name();
            if (sandbox.plumb(routes, dress.ports(), dress.toPod(), typed)) {
                warnings.accept("Warning: the container's name " + typed + " hides what the cluster has of that name"
                        + " from the containers of this connection");
            }
        } else if (!hold.isEmpty()) {
            makeTools();
        }
        List<String> words = new ArrayList<>(List.of("create", "--rm", "--name=" + name));
        words.add(Labels.of(Labels.ROLE, "handler"));
        words.add(Labels.of(Labels.OWNER, home.uid()));
        words.add(home.label());
        words.add(Labels.of(Labels.ENGAGEMENT, dress.engagement()));
        if (arguments.facts().interactive()) {
            words.add("--interactive");
        }
        if (arguments.facts().tty()) {
            words.add("--tty");
        }
        words.addAll(network(dress));
        if (!hold.isEmpty()) {
            words.add("--volumes-from=" + toolsContainer() + ":ro");
        }
        words.addAll(environment.options());
        // After the pod's environment: what the user gives is stronger.
        words.addAll(arguments.container());
        words.addAll(process(hold));
        ours.add(name);
        Output made = docker.run(words);
        if (!made.ok()) {
            throw ours.disowned(
                    name, DockerFaults.of("create the container " + name, made).exception());
        }
    }

    /** The command that runs it, with this process's terminal. */
    public List<String> start() {
        List<String> words = new ArrayList<>(List.of(Docker.PROGRAM, "start"));
        if (!detached()) {
            words.add("--attach");
            if (!arguments.facts().detachKeys().isEmpty()) {
                words.add("--detach-keys=" + arguments.facts().detachKeys());
            }
            if (arguments.facts().interactive()) {
                words.add("--interactive");
            }
        }
        words.add(name);
        return words;
    }

    /**
     * Begins to mount the volumes, once the container runs; returns at once.
     *
     * @param trouble hears in one sentence why they could not be mounted; the container is ended then
     */
    public void mount(Consumer<String> trouble) {
        if (volumes != null) {
            volumes.start(trouble);
        }
    }

    /** Ends the container: two seconds after it was asked to by force. From any thread. */
    public void stop() {
        try {
            docker.run("stop", "--time=2", name);
        } catch (FaultException e) {
            // The engine is gone, and its containers with it.
            assert e.fault() != null;
        }
    }

    /** Removes all that was made. */
    @Override
    public void close() {
        ours.close();
    }

    private String inside(Volumes all, String path) {
        return all.root().equals("/") ? path : all.root() + path;
    }

    private List<String> network(Dress dress) {
        if (sandbox != null) {
            return List.of("--network=container:" + sandbox.name());
        }
        List<String> words = new ArrayList<>(arguments.sandbox());
        arguments.networks().forEach(n -> words.add("--network=" + n.typed()));
        words.addAll(arguments.addresses());
        words.add("--dns-search=" + SEARCH);
        dress.ports()
                .forEach(p -> words.add("--publish=127.0.0.1:" + p.here() + ":" + p.inside() + "/" + p.protocol()));
        return words;
    }

    /** Image and what it runs; {@code hold} is what our first process has to do before, empty: there is none of ours. */
    private List<String> process(List<String> hold) throws FaultException {
        List<String> words = new ArrayList<>();
        if (!hold.isEmpty()) {
            words.add("--entrypoint=" + HOLD);
            words.add(arguments.image());
            words.addAll(hold);
            words.addAll(whole());
            return words;
        }
        if (arguments.entrypoint() != null) {
            words.add("--entrypoint=" + arguments.entrypoint());
        }
        words.add(arguments.image());
        words.addAll(arguments.command());
        return words;
    }

    /** What the image would run: entry point and command, as docker run puts them together. */
    private List<String> whole() throws FaultException {
        List<String> all = new ArrayList<>();
        if (arguments.entrypoint() != null) {
            if (!arguments.entrypoint().isEmpty()) {
                all.add(arguments.entrypoint());
            }
            all.addAll(arguments.command());
        } else {
            all.addAll(configured("Entrypoint"));
            all.addAll(arguments.command().isEmpty() ? configured("Cmd") : arguments.command());
        }
        if (all.isEmpty()) {
            throw Fault.user(
                            "the image " + arguments.image() + " has no command, and none was given",
                            "Name one after the image")
                    .exception();
        }
        return all;
    }

    /** Ports that the image declares, where they shall all be published. */
    private List<String> exposed() throws FaultException {
        return arguments.facts().publishAll() ? inspected("$key, $value := .Config.ExposedPorts", "$key") : List.of();
    }

    private List<String> configured(String key) throws FaultException {
        return inspected(".Config." + key, ".");
    }

    private List<String> inspected(String range, String each) throws FaultException {
        String format = "{{range " + range + "}}{{" + each + "}}{{\"\\x1f\"}}{{end}}";
        String text = docker.must(
                        "inspect the image " + arguments.image(),
                        "image",
                        "inspect",
                        "--format",
                        format,
                        arguments.image())
                .out();
        List<String> words = new ArrayList<>();
        int from = 0;
        for (int to = text.indexOf(WORD); to >= 0; to = text.indexOf(WORD, from)) {
            words.add(text.substring(from, to));
            from = to + 1;
        }
        return words;
    }

    private String toolsContainer() {
        return sandbox != null ? sandbox.name() : name + "-tools";
    }

    /** A container that never runs: its volume holds what the handler waits with. */
    private void makeTools() throws FaultException {
        docker.image(home.image());
        ours.add(toolsContainer());
        try {
            docker.must(
                    "create the container " + toolsContainer(),
                    "create",
                    "--name=" + toolsContainer(),
                    Labels.of(Labels.ROLE, "tools"),
                    Labels.of(Labels.OWNER, home.uid()),
                    home.label(),
                    Labels.of(Labels.STARTER, ProcessHandle.current().pid()),
                    "--volume=/.telepresence",
                    "--network=none",
                    home.image());
        } catch (FaultException e) {
            throw ours.disowned(toolsContainer(), e);
        }
    }
}

package io.telepresence.cli;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.docker.DockerMode;
import io.telepresence.cli.registry.DaemonRegistry;
import io.telepresence.cli.run.ChildRunner;
import io.telepresence.cli.run.Job;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** A keyboard and a screen in front of fake daemons. */
final class Typing implements DaemonRegistry {
    final FakeDaemon daemon = new FakeDaemon();
    final Map<String, String> environment = new HashMap<>(Map.of("HOME", "/home/ann"));
    boolean userRuns = true;
    boolean rootRuns = true;
    boolean rootOfAnother;
    boolean noSudo;
    int childExit;
    Path directory = Path.of("/srv/dir");
    boolean stopped;
    String held = "";
    final List<String> children = new ArrayList<>();
    String stdin = "";
    final Map<String, FakeDaemon> inContainers = new TreeMap<>();
    List<ContainerDaemon> connections = List.of();
    Supplier<DockerMode> docker = () -> {
        throw new AssertionError("nothing here is about Docker");
    };

    /** Whether there are notes of containers beside this machine's daemon. */
    BooleanSupplier notes = () -> false;

    /** The image that a docker build makes. */
    String builds = "";

    /** While a command runs that handles something. */
    Runnable meanwhile = () -> {};

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    /** Types one line; words are separated by single spaces. The exit code. */
    int type(String line) {
        return type(line.isEmpty() ? List.of() : List.of(line.split(" ", -1)));
    }

    int type(List<String> words) {
        out.reset();
        err.reset();
        var streams = new CliEnvironment.Streams(
                new ByteArrayInputStream(stdin.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false);
        CliEnvironment machine = new CliEnvironment(environment, directory, streams, this, new Children(), docker);
        return new RootCommand(machine).run(words);
    }

    private final class Children implements ChildRunner {
        @Override
        public void holdSignals() {
            held = "connected=" + daemon.connected + " intercepts=" + daemon.engagements.size();
        }

        @Override
        public int run(Job job) {
            children.add(job.command() + " " + job.environment() + " connected=" + daemon.connected + " intercepts="
                    + daemon.engagements.size());
            job.started().run();
            build(job.command());
            meanwhile.run();
            stopped = job.over().getAsBoolean();
            return childExit;
        }
    }

    private void build(List<String> command) {
        try {
            for (String word : command) {
                if (word.startsWith("--iidfile=") && childExit == 0) {
                    Files.writeString(Path.of(word.substring("--iidfile=".length())), builds + "\n");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @SuppressWarnings("unchecked")
    <T> T asked() {
        return (T) daemon.asked;
    }

    @Override
    public List<ContainerDaemon> containers() throws FaultException {
        return connections;
    }

    @Override
    public boolean hasContainers() throws FaultException {
        return !connections.isEmpty();
    }

    @Override
    public boolean hasHandlers() {
        return notes.getAsBoolean();
    }

    @Override
    public Daemon in(ContainerDaemon connection) {
        return inContainers.computeIfAbsent(connection.name(), n -> new FakeDaemon());
    }

    @Override
    public Optional<Daemon> user() {
        return userRuns ? Optional.of(daemon) : Optional.empty();
    }

    @Override
    public Daemon launchUser() {
        userRuns = true;
        return daemon;
    }

    @Override
    public Optional<String> rootVersion() throws FaultException {
        if (rootOfAnother) {
            throw Fault.denied("the root daemon of this machine serves another user", "")
                    .exception();
        }
        return rootRuns ? Optional.of("v0.1.0") : Optional.empty();
    }

    @Override
    public void launchRoot() throws FaultException {
        if (noSudo) {
            throw Fault.denied("the root daemon was not started: sudo gave no root rights", "")
                    .exception();
        }
        rootRuns = true;
    }

    @Override
    public boolean quitRoot() {
        rootRuns = daemon.rootStays;
        return daemon.rootStays;
    }

    @Override
    public void awaitEnd() {
        userRuns = false;
        rootRuns = false;
    }
}

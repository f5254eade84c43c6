package io.telepresence.cli;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.docker.Docker;
import io.telepresence.cli.docker.DockerMode;
import io.telepresence.cli.docker.FakeEngine;
import io.telepresence.cli.registry.ContainerDaemons;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** A keyboard and a screen in front of a Docker engine that runs nothing, and connections there. */
final class DockerBench implements AutoCloseable {
    final Typing typing = new Typing();
    final FakeEngine engine = new FakeEngine();
    final ContainerDaemons connections;
    final Path home;

    DockerBench(Path home) {
        this.home = home;
        this.connections = new ContainerDaemons(home);
        typing.userRuns = false;
        typing.rootRuns = false;
        typing.directory = home;
        typing.notes = () -> connections.notes().any();
        typing.docker = () -> new DockerMode(
                new Docker(engine),
                connections,
                new DockerMode.DockerEnvironment(
                        home.resolve("telepresence"),
                        "client:1",
                        home.resolve("logs"),
                        Map.of("USER", "ann"),
                        1000,
                        1000,
                        "laptop"));
    }

    /** A connection whose daemon runs; connected. */
    ContainerDaemon connection(String name, String... exposed) throws FaultException {
        Path directory = connections.prepare(name);
        var network = new ContainerDaemon.Network("tp-" + name, "172.29.255.2", "");
        ContainerDaemon made = new ContainerDaemon(
                name, directory, "tp-" + name, "client:1", network, List.of(exposed), ContainerDaemon.Endpoint.SOCKET);
        connections.write(made);
        engine.listen(made.socket());
        engine.container(
                "tp-" + name,
                "running",
                "io.telepresence.connection=" + name,
                "io.telepresence.owner=1000",
                "io.telepresence.role=daemon");
        engine.network(
                "tp-" + name, "172.29.255.0/24", "io.telepresence.connection=" + name, "io.telepresence.owner=1000");
        daemon(name).connected = true;
        List<ContainerDaemon> all = new ArrayList<>(typing.connections);
        all.add(made);
        typing.connections = all;
        return made;
    }

    FakeDaemon daemon(String name) {
        return typing.inContainers.computeIfAbsent(name, n -> new FakeDaemon());
    }

    /** A helper that answers like this, and writes down what it was told until it ends. */
    void helper(byte[] answer) throws Exception {
        Files.write(home.resolve("answer"), answer);
        Path program = home.resolve("telepresence");
        Files.writeString(
                program,
                """
                #!/bin/sh
                cd '%s'
                touch run.$$
                cat answer
                exec 1>&-
                cat > told.$$
                mv told.$$ told
                rm run.$$
                """
                        .formatted(home));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }

    /** What the helper was told; waits until all helpers have ended. */
    Path told() throws IOException {
        Path told = home.resolve("told");
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!Files.exists(told) || helperRuns()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("the helper goes on after its standard input was closed");
            }
            LockSupport.parkNanos(5_000_000);
        }
        return told;
    }

    private boolean helperRuns() throws IOException {
        try (var running = Files.newDirectoryStream(home, "run.*")) {
            return running.iterator().hasNext();
        }
    }

    @Override
    public void close() throws Exception {
        engine.close();
    }
}

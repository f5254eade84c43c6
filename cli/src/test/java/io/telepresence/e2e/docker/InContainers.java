package io.telepresence.e2e.docker;

import io.telepresence.e2e.apps.LocalApp;
import io.telepresence.e2e.engage.LocalAppAt;
import io.telepresence.e2e.engage.Mode;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The daemon is a container, and so are the developer's programs; of an account that is only in the group docker. */
public final class InContainers implements Mode {
    private static final String JAVA = "localhost/java:1";
    private static final String TOOLS = "localhost/tools:1";

    @Override
    public Result telepresence(String... arguments) {
        return DockerUser.telepresence(arguments);
    }

    @Override
    public Result asAdministrator(String... arguments) {
        return Shell.run(Map.of(), Shell.LIMIT, DockerUser.on("admin", Laptop.command(arguments)));
    }

    @Override
    public Result connect() {
        return telepresence("connect", "--docker");
    }

    @Override
    public void killDaemon() {
        DockerUser.docker("kill", DockerUser.DAEMON).ok();
    }

    @Override
    public String owner() {
        return DockerUser.run("sh", "-c", "echo $(id -un)@$(hostname)").stdout().strip();
    }

    @Override
    public Path home() {
        return DockerUser.home();
    }

    @Override
    public Process handler(String... arguments) {
        return HandlerAt.start(Shell.join(List.of(arguments), "--docker-run", "--", TOOLS, "sleep", "300")
                        .toArray(String[]::new))
                .process();
    }

    @Override
    public LocalAppAt app(int port, String name) {
        return app(DockerUser.DAEMON, port, name);
    }

    @Override
    public Process socat(String... arguments) {
        return sharing(DockerUser.DAEMON, Shell.join(List.of(TOOLS, "socat"), arguments));
    }

    @Override
    public Engaged engage(int port, String name, String... arguments) {
        Path log = log(port, name);
        List<String> command = Shell.join(List.of(arguments), "--docker-run", "--", "--name", Inside.NAME);
        command.addAll(localApp(port, name, log));
        HandlerAt handler = HandlerAt.start(command.toArray(String[]::new));
        Engaged engaged = new Inside(handler, new LocalAppAt(handler.process(), log));
        try {
            awaitListening(handler.process(), Inside.NAME, port, name);
            return engaged;
        } catch (AssertionError e) {
            engaged.close();
            throw new AssertionError(handler.printed(), e);
        }
    }

    private static LocalAppAt app(String network, int port, String name) {
        Path log = log(port, name);
        Process process = sharing(network, localApp(port, name, log));
        awaitListening(process, network, port, name);
        return new LocalAppAt(process, log);
    }

    /** A container with the network of another one. */
    private static Process sharing(String network, List<String> imageAndCommand) {
        List<String> command = new ArrayList<>(List.of("docker", "run", "--rm", "--network", "container:" + network));
        command.addAll(imageAndCommand);
        Path log = Laptop.home().resolve("program.log");
        return DockerUser.start(log, log, command.toArray(String[]::new));
    }

    /** What {@code docker run} is told for a {@link LocalApp}. */
    private static List<String> localApp(int port, String name, Path log) {
        List<String> command = new ArrayList<>();
        for (Path read :
                List.of(Path.of(System.getProperty("java.home")), Project.root().resolve("cli/target/test-classes"))) {
            command.addAll(List.of("--volume", read + ":" + read + ":ro"));
        }
        command.addAll(List.of("--volume", log.getParent() + ":" + log.getParent(), JAVA));
        command.addAll(List.of(LocalApp.command(port, name, log)));
        return command;
    }

    private static Path log(int port, String name) {
        try {
            return Files.createDirectories(Laptop.home().resolve("apps")).resolve(name + "-" + port + ".log");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitListening(Process process, String container, int port, String name) {
        Shell.await(name + " listens on " + port, Duration.ofSeconds(60), () -> {
            if (!process.isAlive()) {
                throw new AssertionError(name + " has ended");
            }
            // In /proc/net the port is in hexadecimal digits, and 0A is listening.
            String listening = String.format(":%04X [0-9A-F]*:0000 0A", port);
            return DockerUser.docker("exec", container, "/bin/grep", "-q", listening, "/proc/net/tcp", "/proc/net/tcp6")
                            .exitCode()
                    == 0;
        });
    }

    private record Inside(HandlerAt handler, LocalAppAt app) implements Engaged {
        private static final String NAME = "engaged";

        @Override
        public String block() {
            try {
                return Files.readString(handler.out());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String root() {
            return "/";
        }

        @Override
        public Result sh(String script) {
            return DockerUser.docker("exec", NAME, "/bin/busybox", "sh", "-c", "ROOT=; " + script);
        }

        @Override
        public LocalAppAt another(int port, String name) {
            return InContainers.app(NAME + "-sandbox", port, name);
        }

        @Override
        public void assertGone() {
            handler.ended(Duration.ofSeconds(60));
            Shell.await("at most the daemon is left", Duration.ofSeconds(30), () -> DockerUser.containers().stream()
                    .allMatch(DockerUser.DAEMON::equals));
        }

        @Override
        public void close() {
            handler.close();
        }
    }
}

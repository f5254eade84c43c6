package io.telepresence.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The developer's machine: what runs here runs in the laptop network namespace, with a home of its own, so that a test
 * never touches the files of whoever runs it.
 */
final class Laptop {
    private static final Path HOME = createHome();

    private final String user;

    Laptop(String user) {
        this.user = user;
    }

    /** The same laptop with another identity in the cluster: developer, admin, norights or expired. */
    Laptop as(String other) {
        return new Laptop(other);
    }

    Result run(String... command) {
        return run(Shell.LIMIT, command);
    }

    Result run(Duration limit, String... command) {
        return Shell.run(Map.of(), limit, on(command));
    }

    Result runWith(Map<String, String> variables, String... command) {
        List<String> all = new ArrayList<>(List.of("env"));
        variables.forEach((name, value) -> all.add(value.isEmpty() ? "--unset=" + name : name + "=" + value));
        all.addAll(List.of(command));
        return run(all.toArray(String[]::new));
    }

    Result telepresence(String... arguments) {
        return run(command(arguments));
    }

    static String[] command(String... arguments) {
        return Shell.join(List.of(Project.binary().toString()), arguments).toArray(String[]::new);
    }

    /** Starts a program that runs until the test destroys it. */
    Process start(String... command) {
        Path log = HOME.resolve("background.log");
        return Shell.start(Map.of(), on(command), log, log);
    }

    /** The body of a GET, or the error text of curl. */
    Result curl(String... arguments) {
        return run(
                Duration.ofSeconds(30),
                Shell.join(List.of("curl", "-sS", "-m", "20"), arguments).toArray(String[]::new));
    }

    static Path home() {
        return HOME;
    }

    private List<String> on(String... command) {
        return Shell.join(
                Shell.join(
                        Cluster.BACKEND.laptop(user),
                        "env",
                        "HOME=" + HOME,
                        "XDG_RUNTIME_DIR=" + HOME.resolve("run"),
                        "XDG_CACHE_HOME=" + HOME.resolve("cache"),
                        "XDG_CONFIG_HOME=" + HOME.resolve("config")),
                command);
    }

    private static Path createHome() {
        try {
            Path home = Files.createTempDirectory("tp-e2e");
            Files.createDirectories(home.resolve("run"));
            return home;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

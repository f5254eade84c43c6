package io.telepresence.e2e.harness;

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
public final class Laptop {
    private static final Path HOME = createHome();
    private static final Path SECOND_HOME = createHome();

    private final String user;
    private final boolean second;

    public Laptop(String user) {
        this(user, false);
    }

    private Laptop(String user, boolean second) {
        this.user = user;
        this.second = second;
    }

    /** Another machine: network, daemons, name and home are its own. */
    public static Laptop second(String user) {
        return new Laptop(user, true);
    }

    /** The developer's, and the second one where it is there. */
    public static List<Laptop> both() {
        Laptop first = new Laptop("developer");
        return Cluster.BACKEND.networks().size() > 1 ? List.of(first, second("developer")) : List.of(first);
    }

    /** The same laptop with another identity in the cluster: developer, colleague, admin, norights or expired. */
    public Laptop as(String other) {
        return new Laptop(other, second);
    }

    public Result run(String... command) {
        return run(Shell.LIMIT, command);
    }

    public Result run(Duration limit, String... command) {
        return Shell.run(Map.of(), limit, on(command));
    }

    public Result runWith(Map<String, String> variables, String... command) {
        List<String> all = new ArrayList<>(List.of("env"));
        variables.forEach((name, value) -> all.add(value.isEmpty() ? "--unset=" + name : name + "=" + value));
        all.addAll(List.of(command));
        return run(all.toArray(String[]::new));
    }

    public Result telepresence(String... arguments) {
        return run(command(arguments));
    }

    public static String[] command(String... arguments) {
        return Shell.join(List.of(Project.binary().toString()), arguments).toArray(String[]::new);
    }

    /** Starts a program that runs until the test destroys it. */
    public Process start(String... command) {
        Path log = HOME.resolve("background.log");
        return Shell.start(Map.of(), on(command), log, log);
    }

    /** The body of a GET, or the error text of curl. */
    public Result curl(String... arguments) {
        return run(
                Duration.ofSeconds(30),
                Shell.join(List.of("curl", "-sS", "-m", "20"), arguments).toArray(String[]::new));
    }

    public static Path home() {
        return HOME;
    }

    /** Folders of both laptops' users. */
    public static String[] homes() {
        return new String[] {HOME.toString(), SECOND_HOME.toString()};
    }

    /** What is mounted there is seen on the laptop only. */
    public static void removeHomes() {
        Shell.run(
                Map.of(),
                Shell.LIMIT,
                List.of("rm", "-rf", "--one-file-system", HOME.toString(), SECOND_HOME.toString()));
    }

    /** Its network namespace. */
    public Path network() {
        return Cluster.BACKEND.networks().get(second ? 1 : 0);
    }

    private List<String> on(String... command) {
        Path home = second ? SECOND_HOME : HOME;
        return Shell.join(
                Shell.join(
                        second ? Cluster.BACKEND.secondLaptop(user) : Cluster.BACKEND.laptop(user),
                        "env",
                        "HOME=" + home,
                        "XDG_RUNTIME_DIR=" + home.resolve("run"),
                        "XDG_CACHE_HOME=" + home.resolve("cache"),
                        "XDG_CONFIG_HOME=" + home.resolve("config")),
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

package io.telepresence.e2e.docker;

import io.telepresence.e2e.harness.ClusterEnv;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The developer of {@code scripts/cluster docker}: not root, but in the group docker. */
public final class DockerUser {
    /** The container of the connection that has no name of its own. */
    public static final String DAEMON = "tp-test-cluster-default-cn";

    private static final String SCRIPT =
            Project.root().resolve("scripts/cluster").toString();

    private DockerUser() {}

    public static String account() {
        return ClusterEnv.get("TEST_DOCKER_ACCOUNT");
    }

    public static Path home() {
        return Path.of(ClusterEnv.get("TEST_DOCKER_HOST").replaceFirst("unix://(.*)/[^/]*", "$1"), "home");
    }

    public static Result run(String... command) {
        return run(Shell.LIMIT, command);
    }

    public static Result run(Duration limit, String... command) {
        return Shell.run(Map.of(), limit, on("developer", command));
    }

    public static Result telepresence(String... arguments) {
        return run(Laptop.command(arguments));
    }

    public static Result docker(String... arguments) {
        return run(Shell.join(List.of("docker"), arguments).toArray(String[]::new));
    }

    /**
     * What comes before a command that builds: with Debian's {@code docker}, which has both builders in it; others may lack
     * the plugin for the new one.
     *
     * @param buildKit 0: the classic builder, 1: BuildKit
     */
    public static List<String> withBuilder(String buildKit) {
        return List.of("env", "PATH=/usr/bin:/bin", "DOCKER_BUILDKIT=" + buildKit);
    }

    /**
     * Names of the containers that are there, running or not. An engine that was killed while it removed one may list it as
     * dead, without a name and unknown to every other command, until it starts the next time.
     */
    public static List<String> containers() {
        return docker("ps", "--all", "--format", "{{.Names}}")
                .ok()
                .stdout()
                .lines()
                .filter(name -> !name.isBlank())
                .sorted()
                .toList();
    }

    /** What a handler consists of is gone soon after its end. */
    public static void awaitOnlyTheDaemon() {
        Shell.await(
                "handlers are gone", Duration.ofSeconds(30), () -> containers().equals(List.of(DAEMON)));
    }

    /** Starts a command that runs until it ends by itself or is destroyed. */
    public static Process start(Path out, Path err, String... command) {
        return Shell.start(Map.of(), on("developer", command), out, err);
    }

    /** What comes before a command, as that user of the cluster. */
    public static List<String> on(String user, String... command) {
        List<String> all = new ArrayList<>(List.of(SCRIPT, "laptop", "--user", user, "--as", account(), "--", "env"));
        all.add("XDG_RUNTIME_DIR=" + home().resolve("run"));
        all.add("USER=" + account());
        all.addAll(List.of(command));
        return all;
    }
}

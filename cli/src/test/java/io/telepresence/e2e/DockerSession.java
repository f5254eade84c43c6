package io.telepresence.e2e;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Level of a test class: as {@link Session}, and a Docker engine on the laptop that has the images. */
class DockerSession implements BeforeAllCallback, AfterAllCallback {
    private final String[] kind;

    DockerSession() {
        this(new String[0]);
    }

    private DockerSession(String... kind) {
        this.kind = kind;
    }

    /** An engine that the developer runs without root. */
    static final class Rootless extends DockerSession {
        Rootless() {
            super("--rootless");
        }
    }

    /** An engine whose containers have users of their own. */
    static final class Remapped extends DockerSession {
        Remapped() {
            super("--remapped");
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        new Session().beforeAll(context);
        Cluster.script(Shell.join(List.of("docker", "up"), kind).toArray(String[]::new))
                .ok();
        Cluster.script(
                        "docker",
                        "load",
                        Cluster.images().resolve("telepresence.tar").toString())
                .ok();
        for (String line : Cluster.script("images").ok().stdout().lines().toList()) {
            if (Path.of(line).getFileName().toString().matches("(echo|tools|java)-.*")) {
                Cluster.script("docker", "load", line).ok();
            }
        }
        DockerUser.run("sh", "-c", "mkdir -p -m 700 $XDG_RUNTIME_DIR").ok();
        DockerUser.telepresence("quit", "-s").ok();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        DockerUser.run(Duration.ofSeconds(30), Laptop.command("quit", "-s"));
        Cluster.script("docker", "down").ok();
    }
}

package io.telepresence.e2e;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Level of a test class: as {@link Session}, and a Docker engine on the laptop that has the images. */
final class DockerSession implements BeforeAllCallback, AfterAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
        new Session().beforeAll(context);
        Cluster.script("docker", "up").ok();
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

package io.telepresence.e2e;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Level of a test class: as {@link Session}, and a Docker engine on the laptop that has the images. The engine stays until
 * all classes have run: loading takes longer than many a class.
 */
final class DockerSession implements BeforeAllCallback, AfterAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
        new Session().beforeAll(context);
        Cluster.script("docker", "up").ok();
        context.getRoot().getStore(ExtensionContext.Namespace.GLOBAL).computeIfAbsent("images", key -> loaded());
        DockerUser.run("sh", "-c", "mkdir -p -m 700 $XDG_RUNTIME_DIR").ok();
        DockerUser.telepresence("quit", "-s").ok();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        DockerUser.run(Duration.ofSeconds(30), Laptop.command("quit", "-s"));
    }

    private static AutoCloseable loaded() {
        Stream<String> samples = Cluster.script("images").ok().stdout().lines();
        Stream<String> ours =
                Stream.of(Cluster.images().resolve("telepresence.tar").toString());
        Stream.concat(ours, samples)
                .forEach(tar -> Cluster.script("docker", "load", tar).ok());
        return () -> Cluster.script("docker", "down").ok();
    }
}

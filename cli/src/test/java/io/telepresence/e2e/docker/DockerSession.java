package io.telepresence.e2e.docker;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Session;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Level of a test class: as {@link Session}, and a Docker engine on the laptop that has the images. The engine stays for the
 * next class that wants the same: loading takes longer than many a class.
 */
public class DockerSession implements BeforeAllCallback, AfterAllCallback {
    /** What the engine was asked to be that has the images. */
    private static List<String> loaded = List.of("none");

    private final List<String> kind;

    public DockerSession() {
        this(List.of());
    }

    private DockerSession(List<String> kind) {
        this.kind = kind;
    }

    /** An engine that the developer runs without root. */
    public static final class Rootless extends DockerSession {
        Rootless() {
            super(List.of("--rootless"));
        }
    }

    /** An engine whose containers have users of their own. */
    public static final class Remapped extends DockerSession {
        Remapped() {
            super(List.of("--remapped"));
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        new Session().beforeAll(context);
        context.getRoot().getStore(ExtensionContext.Namespace.GLOBAL).computeIfAbsent("engine", key ->
                (AutoCloseable) DockerSession::down);
        boolean hasImages = loaded.equals(kind);
        if (!hasImages) {
            down();
        }
        docker(Stream.concat(Stream.of("up"), kind.stream()));
        if (!hasImages) {
            load();
            loaded = kind;
        }
        DockerUser.run("sh", "-c", "mkdir -p -m 700 $XDG_RUNTIME_DIR").ok();
        DockerUser.telepresence("quit", "-s").ok();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        DockerUser.run(Duration.ofSeconds(30), Laptop.command("quit", "-s"));
    }

    private static void load() {
        Stream<String> samples = Cluster.script("images").ok().stdout().lines();
        String ours = Cluster.images().resolve("telepresence.tar").toString();
        docker(Stream.concat(Stream.of("load", ours), samples));
    }

    private static void down() {
        docker(Stream.of("down"));
    }

    private static void docker(Stream<String> words) {
        Cluster.script(Stream.concat(Stream.of("docker"), words).toArray(String[]::new))
                .ok();
    }
}

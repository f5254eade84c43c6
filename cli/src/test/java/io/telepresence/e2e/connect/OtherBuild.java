package io.telepresence.e2e.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** The packaged client, built with another level of the protocol. */
public record OtherBuild(Path dist) implements AutoCloseable {
    private static final String CLASS = "io/telepresence/agree/Versions";

    /** A copy of the package, but for the one class that knows the level. */
    public static OtherBuild of(int level) throws IOException {
        Path directory = Files.createTempDirectory("tp-level" + level);
        OtherBuild build = new OtherBuild(directory.resolve("telepresence"));
        Path original = Project.binary().getParent().getParent();
        Shell.run(Map.of(), Duration.ofSeconds(60), List.of("cp", "-a", original.toString(), build.dist.toString()))
                .ok();
        Path source = Project.root().resolve("proto/protocol/src/main/java/" + CLASS + ".java");
        String text = Files.readString(source).replaceFirst("int PROTOCOL = \\d+;", "int PROTOCOL = " + level + ";");
        Path changed = Files.writeString(directory.resolve("Versions.java"), text);
        int compiled = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-proc:none",
                        "-cp",
                        String.join(":", build.jars()),
                        "-d",
                        directory.toString(),
                        changed.toString());
        assertEquals(0, compiled);
        try (FileSystem jar = FileSystems.newFileSystem(build.jar())) {
            Files.copy(
                    directory.resolve(CLASS + ".class"),
                    jar.getPath(CLASS + ".class"),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        return build;
    }

    public Result telepresence(Laptop laptop, String... arguments) {
        return laptop.run(Shell.join(List.of(dist.resolve("bin/telepresence").toString()), arguments)
                .toArray(String[]::new));
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> all = Files.walk(dist.getParent())) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private Path jar() throws IOException {
        return jars().stream()
                .filter(jar -> jar.contains("/telepresence-protocol-"))
                .map(Path::of)
                .findFirst()
                .orElseThrow();
    }

    private List<String> jars() throws IOException {
        try (Stream<Path> jars = Files.list(dist.resolve("lib"))) {
            return jars.map(Path::toString).toList();
        }
    }
}

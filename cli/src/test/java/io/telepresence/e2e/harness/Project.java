package io.telepresence.e2e.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Where things lie in the source tree. */
public final class Project {
    private static final Path DIST = readable(root().resolve("target/dist/telepresence"));

    private Project() {}

    public static Path root() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("scripts/cluster"))) {
            here = here.getParent();
        }
        return here;
    }

    /** The packaged command line; every account of the machine can run it. */
    public static Path binary() {
        return DIST.resolve("bin/telepresence");
    }

    /** The package itself, or a copy of it where the source tree is closed to other accounts. */
    private static Path readable(Path dist) {
        if (!Files.exists(dist) || isOpen(dist.resolve("bin/telepresence"))) {
            return dist;
        }
        try {
            Path copy = Files.createTempDirectory("tp-dist");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> shell("rm -rf " + copy), "remove-copy"));
            // With the files' times: the start-up caches look at them.
            shell("cp -a " + dist + " " + copy + "/ && chmod -R a+rX " + copy);
            return copy.resolve(dist.getFileName());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isOpen(Path file) {
        try {
            for (Path each = file; each != null; each = each.getParent()) {
                if (!Files.getPosixFilePermissions(each).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void shell(String script) {
        Shell.run(Map.of(), Duration.ofSeconds(60), List.of("sh", "-c", script)).ok();
    }
}

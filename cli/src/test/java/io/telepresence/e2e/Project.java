package io.telepresence.e2e;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where things lie in the source tree. */
final class Project {
    private Project() {}

    static Path root() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("scripts/cluster"))) {
            here = here.getParent();
        }
        return here;
    }

    static Path binary() {
        return root().resolve("target/dist/telepresence/bin/telepresence");
    }
}

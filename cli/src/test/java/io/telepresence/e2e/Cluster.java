package io.telepresence.e2e;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The real Kubernetes of {@code scripts/cluster}, as its administrator sees it. */
final class Cluster {
    private static final String SCRIPT =
            Project.root().resolve("scripts/cluster").toString();

    private Cluster() {}

    static Result kubectl(String... arguments) {
        return script(Shell.join(List.of("kubectl"), arguments).toArray(String[]::new));
    }

    /** What a pod of the cluster gets when it asks for that URL. */
    static Result fromPod(String url) {
        return kubectl("exec", "caller", "--", "curl", "-sS", "-m", "15", url);
    }

    /** Takes a process of the cluster away, or gives it back: {@code stop|start|kill|freeze|thaw NAME}. */
    static Result part(String verb, String name) {
        return script("part", verb, name).ok();
    }

    static Result script(String... arguments) {
        return Shell.run(Map.of(), Duration.ofSeconds(180), Shell.join(List.of(SCRIPT), arguments));
    }

    static Path images() {
        return Project.root().resolve("target/images");
    }
}

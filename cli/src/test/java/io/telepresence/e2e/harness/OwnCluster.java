package io.telepresence.e2e.harness;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The real Kubernetes of {@code scripts/cluster}, and the laptop beside it. */
public final class OwnCluster implements Backend {
    private static final String SCRIPT =
            Project.root().resolve("scripts/cluster").toString();

    @Override
    public Result script(Duration limit, String... arguments) {
        return Shell.run(Map.of(), limit, Shell.join(List.of(SCRIPT), arguments));
    }

    @Override
    public List<String> laptop(String user) {
        return List.of(SCRIPT, "laptop", "--user", user, "--");
    }

    @Override
    public List<Path> networks() {
        return List.of(ClusterEnv.laptopNetwork(), ClusterEnv.secondLaptopNetwork(), ClusterEnv.clusterNetwork());
    }

    @Override
    public List<String> secondLaptop(String user) {
        return List.of(SCRIPT, "laptop", "--second", "--user", user, "--");
    }
}

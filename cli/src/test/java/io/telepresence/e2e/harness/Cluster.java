package io.telepresence.e2e.harness;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The real Kubernetes under test, as its administrator sees it. */
public final class Cluster {
    public static final Backend BACKEND = Backend.chosen();

    private Cluster() {}

    public static Result kubectl(String... arguments) {
        return script(Shell.join(List.of("kubectl"), arguments).toArray(String[]::new));
    }

    /** What a pod of the cluster gets when it asks for that URL. */
    public static Result fromPod(String url) {
        return kubectl("exec", "caller", "--", "curl", "-sS", "-m", "15", url);
    }

    /** A program on the node, in the cluster's network, where names of services are not known. */
    public static Result onNode(Duration limit, String... command) {
        return Shell.run(Map.of(), limit, onNode(command));
    }

    public static List<String> onNode(String... command) {
        return Shell.join(List.of("nsenter", "--net=" + ClusterEnv.clusterNetwork(), "--"), command);
    }

    /** The cluster's address of a service of the connected namespace. */
    public static String serviceIp(String name) {
        return kubectl("get", "service", name, "-o", "jsonpath={.spec.clusterIP}")
                .ok()
                .stdout();
    }

    /** Takes a process of the cluster away, or gives it back: {@code stop|start|kill|freeze|thaw NAME}. */
    public static Result part(String verb, String name) {
        return script("part", verb, name).ok();
    }

    public static Result script(String... arguments) {
        return BACKEND.script(Duration.ofSeconds(180), arguments);
    }

    public static Path images() {
        return Project.root().resolve("target/images");
    }
}

package io.telepresence.e2e.harness;

import io.telepresence.agree.AgentNames;
import java.time.Duration;
import java.util.List;

/**
 * Deployments whose pods have an agent from their birth, as an annotation wishes. The API server does not wait long for the
 * webhook, and goes on without: on a busy machine pods may be born without an agent, as on anybody's cluster.
 */
public final class AnnotatedDeployment {
    private static final int ATTEMPTS = 3;

    private AnnotatedDeployment() {}

    /** Returns when all its pods, which have its name as the label app, are ready and have agents. */
    public static void rolledOut(String namespace, String name) {
        ready(namespace, name);
        for (int attempt = 1; attempt < ATTEMPTS && lacksAgents(namespace, name); attempt++) {
            Cluster.kubectl("-n", namespace, "rollout", "restart", "deployment/" + name)
                    .ok();
            ready(namespace, name);
            Shell.await("pods of before are gone", Duration.ofSeconds(150), () -> !pods(
                            namespace, name, "{{.metadata.deletionTimestamp}}")
                    .contains(":"));
        }
        if (lacksAgents(namespace, name)) {
            throw new AssertionError("pods of " + name + " were born without an agent " + ATTEMPTS + " times");
        }
    }

    private static void ready(String namespace, String name) {
        Cluster.kubectl("-n", namespace, "rollout", "status", "deployment/" + name, "--timeout=90s")
                .ok();
    }

    private static String pods(String namespace, String name, String each) {
        String all = "{{range .items}}" + each + "{{end}}";
        return Cluster.kubectl("-n", namespace, "get", "pods", "-l", "app=" + name, "-o", "go-template=" + all)
                .ok()
                .stdout();
    }

    private static boolean lacksAgents(String namespace, String name) {
        String containers = "{{if not .metadata.deletionTimestamp}}{{range .spec.initContainers}}{{.name}} {{end}}"
                + "{{range .spec.containers}}{{.name}} {{end}}{{\"\\n\"}}{{end}}";
        return pods(namespace, name, containers).lines().anyMatch(pod -> !List.of(pod.split(" "))
                .contains(AgentNames.CONTAINER));
    }
}

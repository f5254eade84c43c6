package io.telepresence.e2e.manage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Where the strategy is Recreate, no application starts before the one that it follows has ended, whoever replaces the pods. */
@ExtendWith(Session.class)
class RecreateIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Path WATCHED = Laptop.home().resolve("recreate-watch");
    private static final Path MANIFEST = Laptop.home().resolve("recreate.yaml");

    /** So long an application goes on after its signal, with its requests. */
    private static final int GRACE_MILLIS = 8_000;

    private static Process watch;

    /** What the pods of a workload did, by the events of a watch. */
    private record Pods(int most, Set<String> names) {}

    @BeforeAll
    static void connect() throws IOException {
        Files.writeString(MANIFEST, workload("alone", 1) + workload("several", 2) + workload("orphaned", 1));
        Cluster.kubectl("apply", "-f", MANIFEST.toString()).ok();
        LAPTOP.telepresence("connect").ok();
        for (String name : List.of("alone", "several", "orphaned")) {
            rolledOut(name);
        }
        String running =
                "{{range .object.status.containerStatuses}}{{if eq .name \"echo\"}}{{if .state.running}} runs{{end}}{{end}}{{end}}";
        String line = "{{.type}} {{.object.metadata.labels.app}} {{.object.metadata.name}}" + running + "{{\"\\n\"}}";
        watch = Shell.start(
                Map.of(),
                List.of(
                        Project.root().resolve("scripts/cluster").toString(),
                        "kubectl",
                        "get",
                        "pods",
                        "-l",
                        "made-by=recreate-it",
                        "--watch",
                        "--output-watch-events",
                        "-o",
                        "go-template=" + line),
                WATCHED,
                Laptop.home().resolve("recreate-watch.err"));
        Shell.await(
                "the watch shows all pods",
                SOON,
                () -> pods("alone").most() == 1 && pods("several").most() == 2);
    }

    private static String workload(String name, int replicas) {
        return """
                apiVersion: v1
                kind: Service
                metadata: {name: %1$s}
                spec:
                  selector: {app: %1$s}
                  ports: [{name: http, port: 80, targetPort: http}]
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %1$s}
                spec:
                  replicas: %2$d
                  strategy: {type: Recreate}
                  selector: {matchLabels: {app: %1$s}}
                  template:
                    metadata: {labels: {app: %1$s, made-by: recreate-it}}
                    spec:
                      terminationGracePeriodSeconds: 25
                      containers:
                      - name: echo
                        image: localhost/echo:1
                        imagePullPolicy: Never
                        command: [/echo]
                        env: [{name: PORT, value: "8080"}, {name: NAME, value: %1$s}, {name: GRACE_MS, value: "%3$d"}]
                        ports: [{name: http, containerPort: 8080}]
                ---
                """
                .formatted(name, replicas, replicas == 1 ? GRACE_MILLIS : GRACE_MILLIS / 4);
    }

    private static void rolledOut(String name) {
        Cluster.kubectl("rollout", "status", "deployment/" + name, "--timeout=90s")
                .ok();
    }

    @AfterAll
    static void quit() {
        LAPTOP.telepresence("quit", "-s");
        watch.descendants().forEach(ProcessHandle::destroy);
        watch.destroy();
        Cluster.kubectl("delete", "--wait=false", "-f", MANIFEST.toString());
    }

    /** The most applications of that workload that ran at any time, and the pods in which one ever did. */
    private static Pods pods(String app) {
        try {
            Map<String, Boolean> running = new HashMap<>();
            Set<String> names = new HashSet<>();
            int most = 0;
            for (String line : Files.readAllLines(WATCHED)) {
                String[] words = line.split(" ");
                if (words.length >= 3 && words[1].equals(app)) {
                    boolean runs = words.length > 3 && !words[0].equals("DELETED");
                    running.put(words[2], runs);
                    if (runs) {
                        names.add(words[2]);
                    }
                    most = Math.max(
                            most, (int) running.values().stream().filter(r -> r).count());
                }
            }
            return new Pods(most, names);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitPods(String app, int pods) {
        Shell.await(
                "application number " + pods + " of " + app + " runs",
                SOON,
                () -> pods(app).names().size() >= pods);
    }

    @Test
    void noTwoRunWhileAnEngagementBeginsEndsOrItsAgentGoes() {
        LAPTOP.telepresence("replace", "alone", "--container", "echo", "--port", "8080:8080", "--mount=false")
                .ok();
        LAPTOP.telepresence("leave", "alone").ok();
        awaitPods("alone", 2);
        LAPTOP.telepresence("uninstall", "alone").ok();
        awaitPods("alone", 3);
        assertEquals(1, pods("alone").most());
        assertEquals("echo", containers("alone"));
    }

    @Test
    void ofSeveralNoMoreRunThanAreWished() {
        LAPTOP.telepresence("ingest", "several", "--mount=false").ok();
        LAPTOP.telepresence("leave", "several").ok();
        awaitPods("several", 4);
        assertEquals(2, pods("several").most());
    }

    @Test
    void aManagerThatIsKilledMeanwhileDelaysThePodBy30SecondsAtMost() {
        Process ingest = LAPTOP.start(Laptop.command("ingest", "orphaned", "--mount=false"));
        Shell.await("a pod waits", SOON, () -> Cluster.kubectl(
                        "get", "pods", "-l", "app=orphaned", "-o", "jsonpath={.items[*].metadata.annotations}")
                .stdout()
                .contains("telepresence.io/waiting"));
        Cluster.kubectl("-n", "ambassador", "delete", "pod", "-l", "app=traffic-manager", "--grace-period=0", "--force")
                .ok();
        long killed = System.nanoTime();
        awaitPods("orphaned", 2);
        long seconds = Duration.ofNanos(System.nanoTime() - killed).toSeconds();
        System.out.println(
                "RecreateIT: the next application ran " + seconds + " s after the traffic-manager was killed");
        assertTrue(seconds <= GRACE_MILLIS / 1000 + 30, () -> seconds + " s");
        assertEquals(1, pods("orphaned").most());
        ingest.descendants().forEach(ProcessHandle::destroy);
        ingest.destroy();
        Cluster.kubectl("-n", "ambassador", "rollout", "status", "statefulset/traffic-manager", "--timeout=90s")
                .ok();
    }

    private static String containers(String app) {
        return Cluster.kubectl("get", "pods", "-l", "app=" + app, "-o", "jsonpath={.items[*].spec.containers[*].name}")
                .ok()
                .stdout();
    }
}

package io.telepresence.e2e.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is engaged is served by every pod, what is not has no agent, and list tells which is which. */
@ExtendWith(Session.class)
class SettledIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Path MANIFEST = Laptop.home().resolve("settled.yaml");
    private static final Duration SOON = Duration.ofSeconds(60);
    private static Process handler;

    @BeforeAll
    static void connect() throws IOException {
        Files.writeString(MANIFEST, manifest("settled", ""));
        deploy();
        handler = LAPTOP.start(
                "socat",
                "TCP-LISTEN:8080,bind=127.0.0.1,fork,reuseaddr",
                "EXEC:" + Project.root().resolve("scripts/lib/hello"));
        LAPTOP.telepresence("connect").ok();
    }

    private static String manifest(String name, String podSpec) {
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
                  selector: {matchLabels: {app: %1$s}}
                  template:
                    metadata: {labels: {app: %1$s}}
                    spec:
                      terminationGracePeriodSeconds: 2
                %2$s
                      containers:
                      - name: echo
                        image: localhost/echo:1
                        imagePullPolicy: Never
                        command: [/echo]
                        env: [{name: PORT, value: "8080"}, {name: NAME, value: %1$s}]
                        ports: [{name: http, containerPort: 8080}]
                """
                .formatted(name, podSpec);
    }

    private static void deploy() {
        Cluster.kubectl("apply", "-f", MANIFEST.toString()).ok();
        rolledOut("default", "deployment/settled");
    }

    @AfterAll
    static void quit() {
        LAPTOP.telepresence("quit", "-s");
        handler.destroy();
        Cluster.kubectl("delete", "--wait=false", "-f", MANIFEST.toString());
    }

    @AfterEach
    void oneManager() {
        LAPTOP.telepresence("leave", "settled");
        managers(1);
        rolledOut("ambassador", "statefulset/traffic-manager");
        Shell.await(
                "the manager answers", SOON, () -> LAPTOP.telepresence("list").exitCode() == 0);
    }

    @Test
    void podsThatCameWhileTheManagerWasAwayAreServedToo() {
        intercept();
        managers(0);
        noManager();
        Cluster.kubectl("delete", "pod", "-l", "app=settled").ok();
        rolledOut("default", "deployment/settled");
        assertEquals(List.of("echo"), containers());
        managers(1);
        Result list = LAPTOP.telepresence("list").ok();
        assertTrue(list.stdout().matches("(?s).*settled *: intercepted.*"), list::describe);
        assertTrue(!list.stderr().contains("implicitly"), list::describe);
        Shell.await("the laptop answers again", SOON, SettledIT::laptopAnswers);
        Shell.await("every pod is served", SOON, () -> !LAPTOP.telepresence("list")
                .stdout()
                .contains("Agents:"));
        for (int i = 0; i < 5; i++) {
            assertTrue(laptopAnswers());
        }
    }

    @Test
    void aSecondManagerServesOnlyWhenTheFirstIsGone() {
        String first = pods("ambassador", "app=traffic-manager").getFirst();
        managers(2);
        Shell.await("the second one waits", SOON, () -> log("ambassador", "app=traffic-manager")
                .contains("holds the lease"));
        assertEquals(1, readyManagers());
        Cluster.kubectl("-n", "ambassador", "delete", "pod", first, "--wait=false")
                .ok();
        Shell.await(
                "the next one serves",
                Duration.ofSeconds(20),
                () -> readyManagers() == 1 && !endpoints().contains(first));
        LAPTOP.telepresence("list").ok();
    }

    @Test
    void uninstallHoldsForPodsThatAreJustComing() {
        intercept();
        LAPTOP.telepresence("leave", "settled").ok();
        Cluster.kubectl("scale", "deployment/settled", "--replicas=4").ok();
        LAPTOP.telepresence("uninstall", "settled").ok();
        Shell.await("no pod has an agent", SOON, () -> containers().equals(List.of("echo")));
        Cluster.kubectl("scale", "deployment/settled", "--replicas=5").ok();
        rolledOut("default", "deployment/settled");
        assertEquals(List.of("echo"), containers());
        LAPTOP.telepresence("uninstall", "settled").ok();
        Cluster.kubectl("scale", "deployment/settled", "--replicas=1").ok();
    }

    @Test
    void aDeploymentThatIsMadeAgainUnderItsNameHasNoAgent() {
        intercept();
        LAPTOP.telepresence("leave", "settled").ok();
        Cluster.kubectl("delete", "deployment", "settled").ok();
        deploy();
        Shell.await(
                "the old pods are gone",
                SOON,
                () -> pods("default", "app=settled").size() == 1);
        assertEquals(List.of("echo"), containers());
    }

    @Test
    void aWorkloadThatCannotMakePodsIsToldWhy() throws IOException {
        Path broken = Laptop.home().resolve("broken.yaml");
        Files.writeString(broken, manifest("broken", "      serviceAccountName: not-there"));
        try {
            Cluster.kubectl("apply", "-f", broken.toString()).ok();
            Shell.await("its ReplicaSet has failed", SOON, () -> Cluster.kubectl(
                            "get", "rs", "-l", "app=broken", "-o", "jsonpath={.items[*].status.conditions[*].type}")
                    .stdout()
                    .contains("ReplicaFailure"));
            Result refused = LAPTOP.telepresence("intercept", "broken", "--port", "8080")
                    .failed()
                    .says("no pod that runs, with or without a traffic-agent")
                    .says("not-there");
            assertTrue(refused.millis() < 20_000, refused::describe);
        } finally {
            Cluster.kubectl("delete", "--wait=false", "-f", broken.toString());
        }
    }

    private static void intercept() {
        LAPTOP.telepresence("intercept", "settled", "--port", "8080:http", "--mount", "false")
                .ok();
        assertTrue(laptopAnswers());
    }

    private static boolean laptopAnswers() {
        return Cluster.fromPod("http://settled/").stdout().equals("from the laptop\n");
    }

    private static void managers(int count) {
        Cluster.kubectl("-n", "ambassador", "scale", "statefulset/traffic-manager", "--replicas=" + count)
                .ok();
    }

    private static void noManager() {
        Shell.await("no manager is there", SOON, () -> pods("ambassador", "app=traffic-manager")
                .isEmpty());
    }

    private static void rolledOut(String namespace, String workload) {
        Cluster.kubectl("-n", namespace, "rollout", "status", workload, "--timeout=90s")
                .ok();
    }

    private static long readyManagers() {
        return endpoints().lines().filter(line -> !line.isBlank()).count();
    }

    /** One line for each pod that the manager's Service leads to. */
    private static String endpoints() {
        return Cluster.kubectl(
                        "-n",
                        "ambassador",
                        "get",
                        "endpoints",
                        "traffic-manager",
                        "-o",
                        "jsonpath={range .subsets[*].addresses[*]}{.targetRef.name}{\"\\n\"}{end}")
                .stdout();
    }

    private static String log(String namespace, String label) {
        return Cluster.kubectl("-n", namespace, "logs", "-l", label, "--tail=-1")
                .stdout();
    }

    private static List<String> pods(String namespace, String label) {
        return Cluster.kubectl(
                        "-n",
                        namespace,
                        "get",
                        "pods",
                        "-l",
                        label,
                        "-o",
                        "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}")
                .stdout()
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
    }

    /** The names of containers of all pods of the workload, each once. */
    private static List<String> containers() {
        String names = Cluster.kubectl(
                        "get",
                        "pods",
                        "-l",
                        "app=settled",
                        "-o",
                        "jsonpath={.items[*].spec.containers[*].name} {.items[*].spec.initContainers[*].name}")
                .stdout();
        return List.of(names.strip().split("\\s+")).stream().distinct().sorted().toList();
    }
}

package io.telepresence.e2e.engage;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Agents that cannot arrive: the user hears the pod's own reason, and the workload goes on as it was. */
@ExtendWith(Session.class)
class ArrivalIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Path MANIFEST = Laptop.home().resolve("late.yaml");

    @BeforeAll
    static void connect() throws IOException {
        Files.writeString(
                MANIFEST,
                """
                apiVersion: v1
                kind: Service
                metadata: {name: late}
                spec:
                  selector: {app: late}
                  ports: [{name: http, port: 80, targetPort: http}]
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: late}
                spec:
                  selector: {matchLabels: {app: late}}
                  template:
                    metadata: {labels: {app: late}}
                    spec:
                      containers:
                      - name: echo
                        image: localhost/echo:1
                        imagePullPolicy: Never
                        command: [/echo]
                        env: [{name: PORT, value: "8080"}, {name: NAME, value: late}]
                        ports: [{name: http, containerPort: 8080}]
                """);
        Cluster.kubectl("apply", "-f", MANIFEST.toString()).ok();
        Cluster.kubectl("rollout", "status", "deployment/late", "--timeout=60s").ok();
        LAPTOP.telepresence("connect").ok();
    }

    @AfterAll
    static void quit() {
        LAPTOP.telepresence("quit", "-s");
        Cluster.kubectl("delete", "--wait=false", "-f", MANIFEST.toString());
    }

    @AfterEach
    void allow() {
        LAPTOP.telepresence("leave", "late");
        Cluster.kubectl("delete", "resourcequota", "no-more", "--ignore-not-found");
    }

    @Test
    void aQuotaForbidsTheNewPod() {
        Cluster.kubectl("create", "quota", "no-more", "--hard=pods=1").ok();
        Shell.await("the quota counts", Duration.ofSeconds(20), () -> Cluster.kubectl(
                        "get", "quota", "no-more", "-o", "jsonpath={.status.hard.pods}")
                .stdout()
                .equals("1"));
        Result refused = LAPTOP.telepresence("intercept", "late", "--port", "8080", "--mount", "false")
                .failed()
                .says("exceeded quota")
                .says("no-more");
        // Long before the agent's time is over.
        assertTrue(refused.millis() < 45_000, refused::describe);
        stillServed();
        Cluster.kubectl("delete", "resourcequota", "no-more").ok();
        Cluster.kubectl("delete", "pod", "-l", "app=late").ok();
        stillServed();
        String containers = Cluster.kubectl(
                        "get",
                        "pods",
                        "-l",
                        "app=late",
                        "-o",
                        "jsonpath={.items[*].spec.containers[*].name} {.items[*].spec.initContainers[*].name}")
                .stdout();
        assertTrue(!containers.contains("traffic-agent"), () -> "a later pod has an agent: " + containers);
    }

    @Test
    void theImageOfTheAgentCannotBeHad() {
        // Whatever happened before, and may be on its way still: no pod has an agent.
        Shell.await("late has no agent", Duration.ofSeconds(60), () -> {
            LAPTOP.telepresence("uninstall", "late").ok();
            return Cluster.kubectl(
                            "get",
                            "pods",
                            "-l",
                            "app=late",
                            "-o",
                            "jsonpath={.items[*].spec.containers[*].name} {.items[*].spec.initContainers[*].name}")
                    .stdout()
                    .strip()
                    .equals("echo");
        });
        agentImage("no-such-agent");
        try {
            LAPTOP.telepresence("intercept", "late", "--port", "8080", "--mount", "false")
                    .failed()
                    .says("no-such-agent");
            stillServed();
        } finally {
            agentImage("traffic-agent");
        }
    }

    /** Of agents that are injected from now on. Nobody is connected meanwhile: how a session is resumed is CrashIT's. */
    private static void agentImage(String name) {
        LAPTOP.telepresence("quit").ok();
        new Laptop("admin")
                .run(
                        Duration.ofSeconds(120),
                        Laptop.command("helm", "upgrade", "--reuse-values", "--set", "agent.image.name=" + name))
                .ok();
        Cluster.kubectl("-n", "ambassador", "rollout", "status", "statefulset/traffic-manager", "--timeout=90s")
                .ok();
        LAPTOP.telepresence("connect").ok();
    }

    private static void stillServed() {
        Shell.await("the application answers as before", Duration.ofSeconds(30), () -> Cluster.fromPod("http://late/")
                .stdout()
                .contains("late-"));
    }
}

package io.telepresence.e2e.manage;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.apps.Steady;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** The administrator's commands; {@link Session} has already shown that install works. */
@ExtendWith(Session.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HelmIT {
    private static final Laptop ADMIN = new Laptop("admin");

    @Test
    @Order(1)
    void aSecondInstallSaysWhatToDo() {
        ADMIN.telepresence("helm", "install").failed().says("telepresence helm upgrade");
    }

    @Test
    @Order(2)
    void unknownValuesAreRefused() {
        ADMIN.telepresence("helm", "upgrade", "--reuse-values", "--set", "noSuchValue=1")
                .failed()
                .says("noSuchValue");
        ADMIN.telepresence("helm", "lint", "--set", "agent.noSuchValue=1")
                .failed()
                .says("noSuchValue");
    }

    @Test
    @Order(3)
    void upgradeKeepsValues() {
        ADMIN.run(
                        Duration.ofSeconds(120),
                        Laptop.command("helm", "upgrade", "--reuse-values", "--set", "logLevel=debug"))
                .ok();
        Cluster.kubectl("-n", "ambassador", "rollout", "status", "statefulset/traffic-manager", "--timeout=60s")
                .ok();
        new Laptop("developer").telepresence("connect").ok();
        new Laptop("developer").telepresence("quit", "-s").ok();
    }

    @Test
    @Order(5)
    void noRequestFailsWhileEverythingIsUninstalled() throws IOException {
        injectAgents("shop", "example-app");
        assertTrue(agents() >= 3, "in both pods of the one, and in that of the other");
        try (Steady calls = Steady.start("uninstall")) {
            ADMIN.run(Duration.ofSeconds(240), Laptop.command("helm", "uninstall"))
                    .ok();
            // Pods that were replaced have the grace of 30 s, which an agent takes for connections that are kept.
            Shell.await("all agents are gone", Duration.ofSeconds(180), () -> agents() == 0);
        } finally {
            Session.install();
            ADMIN.telepresence("quit", "-s").ok();
        }
        Cluster.fromPod("http://shop/").ok().says("shop-");
    }

    private static void injectAgents(String... workloads) {
        Laptop developer = new Laptop("developer");
        try {
            developer.telepresence("connect").ok();
            for (String workload : workloads) {
                developer
                        .telepresence("intercept", workload, "--port", "8120:http", "--mount=false")
                        .ok();
                developer.telepresence("leave", workload).ok();
            }
        } finally {
            developer.telepresence("quit", "-s");
        }
    }

    private static long agents() {
        return Cluster.kubectl(
                        "get",
                        "pods",
                        "-A",
                        "-o",
                        "jsonpath={range .items[*]}{.spec.containers[*].name} {.spec.initContainers[*].name}{\"\\n"
                                + "\"}{end}")
                .ok()
                .stdout()
                .lines()
                .filter(names -> names.contains("traffic-agent"))
                .count();
    }

    @Test
    @Order(4)
    void versionAndLint() {
        ADMIN.telepresence("helm", "version").ok().says("v3");
        ADMIN.telepresence("helm", "lint").ok();
        ADMIN.telepresence("quit", "-s").ok();
    }
}

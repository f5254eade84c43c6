package io.telepresence.e2e;

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
        Cluster.kubectl("-n", "ambassador", "rollout", "status", "deployment/traffic-manager", "--timeout=60s")
                .ok();
        new Laptop("developer").telepresence("connect").ok();
        new Laptop("developer").telepresence("quit", "-s").ok();
    }

    @Test
    @Order(4)
    void versionAndLint() {
        ADMIN.telepresence("helm", "version").ok().says("v3");
        ADMIN.telepresence("helm", "lint").ok();
        ADMIN.telepresence("quit", "-s").ok();
    }
}

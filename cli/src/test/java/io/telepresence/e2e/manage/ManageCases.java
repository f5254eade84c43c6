package io.telepresence.e2e.manage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.engage.Mode;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Engagements that stand in each other's way, end from outside, or lose their owner: in each mode the same. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class ManageCases {
    private final Mode mode;

    public ManageCases(Mode mode) {
        this.mode = mode;
    }

    @BeforeAll
    public void connect() {
        mode.connect().ok();
    }

    @AfterAll
    public void quit() {
        mode.quit();
    }

    @AfterEach
    public void leaveAll() {
        for (String name : new String[] {"one", "two", "shop", "example-app"}) {
            mode.telepresence("leave", name);
        }
    }

    @Test
    public void theSecondOfTwoThatConflictIsToldWhoWasFirst() {
        intercept("one", "8111", "--http-header", "x-user=alice").ok();
        intercept("two", "8112", "--http-header", "x-user=alice", "--http-header", "x-team=a")
                .failed()
                .says("\"one\"")
                .says("conflicts");
        intercept("two", "8112", "--http-header", "x-user=bob").ok();
        mode.telepresence("leave", "two").ok();
        // Who takes everything is asked last.
        intercept("two", "8112").ok();
        mode.telepresence("why", "GET", "http://shop/", "-H", "x-user: alice")
                .ok()
                .says("goes to the intercept one");
        mode.telepresence("why", "GET", "http://shop/").ok().says("goes to the intercept two");
        intercept("shop", "8113").failed().says("\"two\"");
    }

    @Test
    public void anAdministratorRevokesAndTheHandlerEnds() throws InterruptedException {
        Process handler =
                mode.handler("intercept", "one", "--workload", "shop", "--port", "8111:http", "--mount=false");
        try {
            Shell.await("intercepted", Duration.ofSeconds(60), () -> !id().isEmpty());
            mode.asAdministrator("revoke", id()).ok();
            assertTrue(handler.waitFor(30, TimeUnit.SECONDS), "the handler has ended");
        } finally {
            handler.destroy();
        }
        assertEquals("", id());
    }

    @Test
    public void uninstallTakesTheAgentsOut() {
        intercept("one", "8111").ok();
        mode.telepresence("leave", "one").ok();
        mode.telepresence("uninstall", "shop").ok();
        Shell.await("no agent is listed", Duration.ofSeconds(30), () -> mode.telepresence("list")
                .stdout()
                .lines()
                .anyMatch(l -> l.startsWith("deployment shop") && l.contains("not yet installed")));
        Cluster.fromPod("http://shop/").ok().says("shop-");
    }

    @Test
    public void partsForInjectionByHand() throws IOException {
        Path config = mode.home().resolve("agent.yaml");
        mode.telepresence("genyaml", "config", "--workload", "echo-numeric", "--output", config.toString())
                .ok();
        assertTrue(Files.readString(config).contains("containerPort: 8080"));
        mode.telepresence("genyaml", "annotations", "--agent", config.toString())
                .ok()
                .says("telepresence.io/agent-config");
        mode.telepresence("genyaml", "volume", "--agent", config.toString())
                .ok()
                .says("name: ");
        mode.telepresence("genyaml", "initcontainer", "--agent", config.toString())
                .ok()
                .says("tel-agent-init");
    }

    @Test
    public void aReplacedContainerComesBackWhenItsOwnerIsKilled() {
        mode.telepresence("replace", "example-app", "--mount=false").ok();
        mode.killDaemon();
        Shell.await(
                "the application answers again",
                Duration.ofSeconds(100),
                () -> Cluster.fromPod("http://example-app/").stdout().contains("example-app-"));
        mode.connect().ok();
        assertFalse(mode.telepresence("list").ok().stdout().contains("replaced"));
    }

    private Result intercept(String name, String port, String... more) {
        return mode.telepresence(Shell.join(
                        java.util.List.of(
                                "intercept", name, "--workload", "shop", "--port", port + ":http", "--mount=false"),
                        more)
                .toArray(String[]::new));
    }

    /** The id of the intercept called one; empty: there is none, or it does not serve. */
    private String id() {
        Matcher found = Pattern.compile("\"id\":\"([0-9a-f]+:one)\",[^{}]*\"disposition\":\"ACTIVE\"")
                .matcher(mode.telepresence("list", "-i", "--output", "json").stdout());
        return found.find() ? found.group(1) : "";
    }
}

package io.telepresence.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import org.junit.jupiter.api.extension.ExtendWith;

/** Engagements that stand in each other's way, end from outside, or lose their owner. */
@ExtendWith(Session.class)
class ManageIT {
    private static final Laptop LAPTOP = new Laptop("developer");

    @BeforeAll
    static void connect() {
        LAPTOP.telepresence("connect").ok();
    }

    @AfterAll
    static void quit() {
        LAPTOP.telepresence("quit", "-s");
    }

    @AfterEach
    void leaveAll() {
        for (String name : new String[] {"one", "two", "shop", "example-app"}) {
            LAPTOP.telepresence("leave", name);
        }
    }

    @Test
    void theSecondOfTwoThatConflictIsToldWhoWasFirst() {
        intercept("one", "8111", "--http-header", "x-user=alice").ok();
        intercept("two", "8112", "--http-header", "x-user=alice", "--http-header", "x-team=a")
                .failed()
                .says("\"one\"")
                .says("conflicts");
        intercept("two", "8112", "--http-header", "x-user=bob").ok();
        LAPTOP.telepresence("leave", "two").ok();
        // Who takes everything is asked last.
        intercept("two", "8112").ok();
        LAPTOP.telepresence("why", "GET", "http://shop/", "-H", "x-user: alice")
                .ok()
                .says("goes to the intercept one");
        LAPTOP.telepresence("why", "GET", "http://shop/").ok().says("goes to the intercept two");
        intercept("shop", "8113").failed().says("\"two\"");
    }

    @Test
    void anAdministratorRevokesAndTheHandlerEnds() throws InterruptedException {
        Process handler = LAPTOP.start(Laptop.command(
                "intercept",
                "one",
                "--workload",
                "shop",
                "--port",
                "8111:http",
                "--mount=false",
                "--",
                "sleep",
                "300"));
        try {
            Shell.await("intercepted", Duration.ofSeconds(60), () -> !id().isEmpty());
            new Laptop("admin").telepresence("revoke", id()).ok();
            assertTrue(handler.waitFor(30, TimeUnit.SECONDS), "the handler has ended");
        } finally {
            handler.destroy();
        }
        assertEquals("", id());
    }

    @Test
    void uninstallTakesTheAgentsOut() {
        intercept("one", "8111").ok();
        LAPTOP.telepresence("leave", "one").ok();
        LAPTOP.telepresence("uninstall", "shop").ok();
        Shell.await("no agent is listed", Duration.ofSeconds(30), () -> LAPTOP.telepresence("list")
                .stdout()
                .lines()
                .anyMatch(l -> l.startsWith("deployment shop") && l.contains("not yet installed")));
        Cluster.fromPod("http://shop/").ok().says("shop-");
    }

    @Test
    void partsForInjectionByHand() throws IOException {
        Path config = Laptop.home().resolve("agent.yaml");
        LAPTOP.telepresence("genyaml", "config", "--workload", "echo-numeric", "--output", config.toString())
                .ok();
        assertTrue(Files.readString(config).contains("containerPort: 8080"));
        LAPTOP.telepresence("genyaml", "annotations", "--agent", config.toString())
                .ok()
                .says("telepresence.io/agent-config");
        LAPTOP.telepresence("genyaml", "volume", "--agent", config.toString())
                .ok()
                .says("name: ");
        LAPTOP.telepresence("genyaml", "initcontainer", "--agent", config.toString())
                .ok()
                .says("tel-agent-init");
    }

    @Test
    void aReplacedContainerComesBackWhenItsOwnerIsKilled() {
        LAPTOP.telepresence("replace", "example-app", "--mount=false").ok();
        String dist = Project.binary().getParent().getParent().toString();
        LAPTOP.run("pkill", "-KILL", "-f", "^" + dist + "/runtime/bin/java.*aot/userd")
                .ok();
        Shell.await(
                "the application answers again",
                Duration.ofSeconds(100),
                () -> Cluster.fromPod("http://example-app/").stdout().contains("example-app-"));
        LAPTOP.telepresence("connect").ok();
        assertFalse(LAPTOP.telepresence("list").ok().stdout().contains("replaced"));
    }

    private static Result intercept(String name, String port, String... more) {
        return LAPTOP.telepresence(Shell.join(
                        java.util.List.of(
                                "intercept", name, "--workload", "shop", "--port", port + ":http", "--mount=false"),
                        more)
                .toArray(String[]::new));
    }

    /** The id of the intercept called one; empty: there is none, or it does not serve. */
    private static String id() {
        Matcher found = Pattern.compile("\"id\":\"([0-9a-f]+:one)\",[^{}]*\"disposition\":\"ACTIVE\"")
                .matcher(LAPTOP.telepresence("list", "-i", "--output", "json").stdout());
        return found.find() ? found.group(1) : "";
    }
}

package io.telepresence.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several engagements on one workload of two pods, under load, and their coming and going. */
@ExtendWith(Session.class)
class EngageTogetherIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Laptop COLLEAGUE = Laptop.second("colleague");
    private static final int REQUESTS = 10_000;

    @BeforeAll
    static void connect() {
        LAPTOP.telepresence("connect").ok();
        COLLEAGUE.telepresence("connect").ok();
    }

    @AfterAll
    static void quit() {
        LAPTOP.telepresence("quit", "-s");
        COLLEAGUE.telepresence("quit", "-s");
    }

    @AfterEach
    void leaveAll() {
        for (String name : new String[] {"alice", "bob", "admin", "copy", "shop"}) {
            LAPTOP.telepresence("leave", name);
            COLLEAGUE.telepresence("leave", name);
        }
    }

    @Test
    void everyRequestReachesTheOneRightPlace() throws IOException {
        try (LocalAppAt alice = LocalAppAt.start(LAPTOP, 8101, "alice");
                LocalAppAt bob = LocalAppAt.start(COLLEAGUE, 8102, "bob");
                LocalAppAt admin = LocalAppAt.start(LAPTOP, 8103, "admin");
                LocalAppAt copy = LocalAppAt.start(COLLEAGUE, 8104, "copy")) {
            engage(LAPTOP, "intercept", "alice", "8101:http", "--http-header", "x-user=alice");
            engage(COLLEAGUE, "intercept", "bob", "8102:http", "--http-header", "X-User: bob");
            engage(LAPTOP, "intercept", "admin", "8103:http", "--http-path-prefix", "/admin/");
            engage(COLLEAGUE, "wiretap", "copy", "8104:http", "--http-header", "x-user=alice");

            Result calls = caller("mixed", Steady.serviceUrl(), Integer.toString(REQUESTS), "12");

            Map<String, String> kinds = new HashMap<>();
            List<String> wrong = new ArrayList<>();
            for (String line : calls.ok().stdout().lines().toList()) {
                String[] word = line.split(" ");
                kinds.put(word[0], word[1]);
                boolean right = word[1].equals("nobody") ? word[2].equals("Request") : word[2].equals(word[1]);
                if (!right) {
                    wrong.add(line);
                }
            }
            assertEquals(List.of(), wrong);
            assertEquals(REQUESTS, kinds.size());
            for (LocalAppAt app : List.of(alice, bob, admin)) {
                String name = app.log().getFileName().toString().replaceAll("-.*", "");
                assertEquals(ids(kinds, name), logged(app.log()), "each request of " + name + " once");
            }
            Shell.await(
                    "every copy has arrived",
                    Duration.ofSeconds(20),
                    () -> logged(copy.log()).size() >= ids(kinds, "alice").size());
            assertEquals(ids(kinds, "alice"), logged(copy.log()));
        }
    }

    /** Two people at two machines: who comes second is told whose engagement stands in the way. */
    @Test
    void aConflictNamesTheOtherEngagementAndItsOwner() {
        engage(LAPTOP, "intercept", "alice", "8101:http", "--http-header", "x-user=alice");
        String owner =
                LAPTOP.run("sh", "-c", "echo $(id -un)@$(hostname)").stdout().strip();
        COLLEAGUE
                .telepresence(
                        "intercept",
                        "mine",
                        "--workload",
                        "shop",
                        "--port",
                        "8102:http",
                        "--http-header",
                        "x-user=alice",
                        "--mount=false")
                .failed()
                .says("\"alice\"")
                .says(owner);
        assertNotEquals(
                owner,
                COLLEAGUE.run("sh", "-c", "echo $(id -un)@$(hostname)").stdout().strip());
        COLLEAGUE.telepresence("list", "--intercepts").ok().saysNot("mine");
        LAPTOP.telepresence("replace", "shop", "--container", "back", "--mount=false")
                .ok();
        COLLEAGUE
                .telepresence("replace", "shop", "--container", "back", "--mount=false")
                .failed()
                .says(owner);
        LAPTOP.telepresence("leave", "shop", "--container", "back").ok();
        // What is left is free.
        LAPTOP.telepresence("leave", "alice").ok();
        engage(COLLEAGUE, "intercept", "alice", "8102:http", "--http-header", "x-user=alice");
    }

    /** One laptop goes without a word; what the other has engaged does not notice. */
    @Test
    void theEndOfOneSessionLeavesTheOther() {
        try (LocalAppAt bob = LocalAppAt.start(COLLEAGUE, 8102, "bob")) {
            engage(LAPTOP, "intercept", "alice", "8101:http", "--http-header", "x-user=alice");
            engage(COLLEAGUE, "intercept", "bob", "8102:http", "--http-header", "x-user=bob");
            LAPTOP.telepresence("quit", "-s").ok();
            assertEquals("bob GET /a\n", asUser("bob"));
            assertTrue(asUser("alice").startsWith("Request served by shop-"));
            COLLEAGUE.curl("http://shop/b").ok().says("shop-");
            LAPTOP.telepresence("connect").ok();
        }
    }

    private static String asUser(String user) {
        return Cluster.kubectl(
                        "exec", "caller", "--", "curl", "-sS", "-m", "15", "-H", "x-user: " + user, "http://shop/a")
                .ok()
                .stdout();
    }

    @ParameterizedTest
    @ValueSource(strings = {"intercept", "filtered", "wiretap", "ingest", "replace"})
    void noRequestFailsWhileAnEngagementComesAndGoes(String kind) throws IOException {
        try (LocalAppAt app = LocalAppAt.start(LAPTOP, 8105, "mine")) {
            try (Steady calls = Steady.start(kind)) {
                for (int i = 0; i < 2; i++) {
                    switch (kind) {
                        case "intercept" -> engage(LAPTOP, "intercept", "shop", "8105:http");
                        case "filtered" -> engage(LAPTOP, "intercept", "shop", "8105:http", "--http-path-prefix", "/");
                        case "wiretap" -> engage(LAPTOP, "wiretap", "shop", "8105:http");
                        case "ingest" ->
                            LAPTOP.telepresence("ingest", "shop", "--container", "web")
                                    .ok();
                        default ->
                            LAPTOP.telepresence("replace", "shop", "--container", "web", "--port", "8105:http")
                                    .ok();
                    }
                    LAPTOP.telepresence("leave", "shop").ok();
                }
            }
        }
    }

    private static void engage(Laptop laptop, String verb, String name, String port, String... more) {
        List<String> command = new ArrayList<>(List.of(verb, name, "--workload", "shop", "--port", port));
        command.addAll(List.of("--mount", "false"));
        command.addAll(List.of(more));
        laptop.telepresence(command.toArray(String[]::new)).ok();
    }

    private static List<String> ids(Map<String, String> kinds, String kind) {
        return kinds.entrySet().stream()
                .filter(e -> e.getValue().equals(kind))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    private static List<String> logged(Path log) {
        try {
            return Files.readAllLines(log).stream()
                    .map(l -> l.split(" ")[0])
                    .filter(id -> !id.equals("null"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static String serviceUrl() {
        return Steady.serviceUrl();
    }

    private static Result caller(String... arguments) {
        return Shell.run(Map.of(), Duration.ofMinutes(4), Steady.inCluster(LocalApp.command(Caller.class, arguments)));
    }
}

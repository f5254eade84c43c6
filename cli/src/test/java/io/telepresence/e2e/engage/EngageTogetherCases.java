package io.telepresence.e2e.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.apps.Caller;
import io.telepresence.e2e.apps.LocalApp;
import io.telepresence.e2e.apps.Steady;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
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
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Several engagements on one workload of two pods, under load, and their coming and going: in each mode, beside a
 * colleague with a laptop and an identity of her own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class EngageTogetherCases {
    private static final int REQUESTS = 10_000;

    private final Mode mine;
    private final Mode colleague = new OnTheLaptop(Laptop.second("colleague"));

    public EngageTogetherCases(Mode mine) {
        this.mine = mine;
    }

    @BeforeAll
    public void connect() {
        mine.connect().ok();
        colleague.connect().ok();
    }

    @AfterAll
    public void quit() {
        mine.quit();
        colleague.quit();
    }

    @AfterEach
    public void leaveAll() {
        for (String name : new String[] {"alice", "bob", "admin", "copy", "shop"}) {
            mine.telepresence("leave", name);
            colleague.telepresence("leave", name);
        }
    }

    @Test
    public void everyRequestReachesTheOneRightPlace() throws IOException {
        try (LocalAppAt alice = mine.app(8101, "alice");
                LocalAppAt bob = colleague.app(8102, "bob");
                LocalAppAt admin = mine.app(8103, "admin");
                LocalAppAt copy = colleague.app(8104, "copy")) {
            engage(mine, "intercept", "alice", "8101:http", "--http-header", "x-user=alice");
            engage(colleague, "intercept", "bob", "8102:http", "--http-header", "X-User: bob");
            engage(mine, "intercept", "admin", "8103:http", "--http-path-prefix", "/admin/");
            engage(colleague, "wiretap", "copy", "8104:http", "--http-header", "x-user=alice");

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
    public void aConflictNamesTheOtherEngagementAndItsOwner() {
        engage(mine, "intercept", "alice", "8101:http", "--http-header", "x-user=alice");
        String owner = mine.owner();
        colleague
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
        assertNotEquals(owner, colleague.owner());
        colleague.telepresence("list", "--intercepts").ok().saysNot("mine");
        mine.telepresence("replace", "shop", "--container", "back", "--mount=false")
                .ok();
        colleague
                .telepresence("replace", "shop", "--container", "back", "--mount=false")
                .failed()
                .says(owner);
        mine.telepresence("leave", "shop", "--container", "back").ok();
        // What is left is free.
        mine.telepresence("leave", "alice").ok();
        engage(colleague, "intercept", "alice", "8102:http", "--http-header", "x-user=alice");
    }

    /** One laptop goes without a word; what the other has engaged does not notice. */
    @Test
    public void theEndOfOneSessionLeavesTheOther() {
        try (LocalAppAt bob = colleague.app(8102, "bob")) {
            engage(mine, "intercept", "alice", "8101:http", "--http-header", "x-user=alice");
            engage(colleague, "intercept", "bob", "8102:http", "--http-header", "x-user=bob");
            mine.telepresence("quit", "-s").ok();
            assertEquals("bob GET /a\n", asUser("bob"));
            assertTrue(asUser("alice").startsWith("Request served by shop-"));
            Laptop.second("colleague").curl("http://shop/b").ok().says("shop-");
            mine.connect().ok();
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
    public void noRequestFailsWhileAnEngagementComesAndGoes(String kind) throws IOException {
        try (LocalAppAt app = mine.app(8105, "mine")) {
            try (Steady calls = Steady.start(kind)) {
                for (int i = 0; i < 2; i++) {
                    switch (kind) {
                        case "intercept" -> engage(mine, "intercept", "shop", "8105:http");
                        case "filtered" -> engage(mine, "intercept", "shop", "8105:http", "--http-path-prefix", "/");
                        case "wiretap" -> engage(mine, "wiretap", "shop", "8105:http");
                        case "ingest" ->
                            mine.telepresence("ingest", "shop", "--container", "web")
                                    .ok();
                        default ->
                            mine.telepresence("replace", "shop", "--container", "web", "--port", "8105:http")
                                    .ok();
                    }
                    mine.telepresence("leave", "shop").ok();
                }
            }
        }
    }

    private static void engage(Mode mode, String verb, String name, String port, String... more) {
        List<String> command = new ArrayList<>(List.of(verb, name, "--workload", "shop", "--port", port));
        command.addAll(List.of("--mount", "false"));
        command.addAll(List.of(more));
        mode.telepresence(command.toArray(String[]::new)).ok();
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

    private static Result caller(String... arguments) {
        return Shell.run(Map.of(), Duration.ofMinutes(4), Steady.inCluster(LocalApp.command(Caller.class, arguments)));
    }
}

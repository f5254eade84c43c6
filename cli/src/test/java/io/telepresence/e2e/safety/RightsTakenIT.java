package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.apps.LocalApp;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Ann has exactly the documented rights, and loses one of them; Ben, on another laptop, notices nothing of it. */
@ExtendWith(Session.class)
class RightsTakenIT {
    private static final Laptop ANN = new Laptop("admin");
    private static final Laptop BEN = Laptop.second("admin");
    /** As documented, and a few seconds of a busy machine. */
    private static final Duration TAKEN = Duration.ofSeconds(130);
    /** The longest wait before a session that was refused is tried again, and a few seconds. */
    private static final Duration BACK = Duration.ofSeconds(90);

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration A_MINUTE = Duration.ofSeconds(60);
    private static final int HANDFUL = 6;

    private static Path connect;
    private static Path attach;
    private static Path rest;
    private static Process annsApp;
    private static Process bensApp;

    private String begun = "";

    @BeforeAll
    static void grant() {
        String ann = Roles.subjects("ann");
        String ben = Roles.subjects("ben");
        String connects = Roles.REACHES + Roles.rule(Roles.OURS, "connections", "create", "");
        connect = Roles.file("ann-connects", Roles.role(Roles.MANAGER, "ann-connects", ann, connects));
        attach = Roles.file("ann-attaches", Roles.role("default", "ann-attaches", ann, attachments("create")));
        rest = Roles.file(
                "rest",
                Roles.role("default", "ann-lists", ann, attachments("get"))
                        + Roles.role(Roles.MANAGER, "ben-connects", ben, connects)
                        + Roles.role("default", "ben-attaches", ben, attachments("create")));
        annsApp = ANN.start(LocalApp.command(8121, "ann", Laptop.home().resolve("ann.log")));
        bensApp = BEN.start(LocalApp.command(8122, "ben", Laptop.home().resolve("ben.log")));
    }

    private static String attachments(String verb) {
        return Roles.rule(Roles.OURS, "attachments", verb, "");
    }

    @BeforeEach
    void engage() {
        begun = Instant.now().toString();
        List.of(connect, attach, rest).forEach(Roles::give);
        Roles.awaitRight("yes", "create", "attachments." + Roles.OURS, "default", "ann");
        Roles.awaitRight("yes", "create", "attachments." + Roles.OURS, "default", "ben");
        connect(ANN, "ann");
        connect(BEN, "ben");
        intercept(BEN, "shop", "8122");
        intercept(ANN, "echo", "8121");
        Shell.await("the laptops answer", SOON, () -> answers("echo", "ann GET") && answers("shop", "ben GET"));
    }

    private static void connect(Laptop laptop, String user) {
        laptop.telepresence("connect", "--as", user, "--as-group", "system:authenticated")
                .ok();
    }

    private static void intercept(Laptop laptop, String workload, String port) {
        laptop.telepresence("intercept", workload, "--port", port + ":http", "--mount=false")
                .ok();
    }

    @AfterEach
    void quit() {
        ANN.telepresence("quit", "-s");
        BEN.telepresence("quit", "-s");
    }

    @AfterAll
    static void takeBack() {
        List.of(connect, attach, rest).forEach(Roles::take);
        Shell.kill(annsApp);
        Shell.kill(bensApp);
    }

    @Test
    void whoMayNotAttachAnyMoreLosesTheEngagementAndNobodyElseDoes() {
        Roles.take(attach);
        awaitUndisturbed("the application answers again", TAKEN, () -> answers("echo", "echo-"));
        String lost = "ann may not create attachments.telepresence.io \"echo\" in namespace \"default\"";
        ANN.telepresence("status").ok().says("Connected").says(lost);
        ANN.telepresence("list").ok().says(lost);
        audited("\"user\":\"ann\"", "\"detach\"", "\"workload\":\"echo\"", "ann may not create attachments");
        ANN.telepresence("leave", "echo").ok();
        ANN.telepresence("intercept", "echo", "--port", "8121:http", "--mount=false")
                .failed()
                .says(lost);

        Roles.give(attach);
        awaitUndisturbed(
                "she may again",
                SOON,
                () -> ANN.telepresence("intercept", "echo", "--port", "8121:http", "--mount=false")
                                .exitCode()
                        == 0);
        assertTrue(answers("echo", "ann GET"));
    }

    @Test
    void whoMayNotConnectAnyMoreLosesTheSessionUntilTheRightIsBack() throws IOException {
        Roles.take(connect);
        awaitUndisturbed("the application answers again", TAKEN, () -> answers("echo", "echo-"));
        String lost = "create connections.telepresence.io in namespace \"ambassador\"";
        Shell.await("status says why", SOON, () -> status().contains("ann may not " + lost));
        audited("\"user\":\"ann\"", "\"disconnect\"");
        Path tickets = Laptop.home().resolve("tickets");
        Process watch = Shell.start(
                Map.of(),
                List.of(
                        Project.root().resolve("scripts/cluster").toString(),
                        "kubectl",
                        "get",
                        "csr",
                        "--watch",
                        "--no-headers",
                        "--output=custom-columns=NAME:.metadata.name,USER:.spec.username"),
                tickets,
                Laptop.home().resolve("tickets.err"));
        try {
            long end = System.nanoTime() + A_MINUTE.toNanos();
            awaitUndisturbed("a minute", A_MINUTE.plusSeconds(15), () -> System.nanoTime() > end);
            assertTrue(watch.isAlive(), "somebody has looked");
        } finally {
            Shell.kill(watch);
        }
        List<String> hers = Files.readAllLines(tickets).stream()
                .filter(line -> line.endsWith(" ann"))
                .distinct()
                .toList();
        assertTrue(!hers.isEmpty() && hers.size() <= HANDFUL, hers::toString);

        Roles.give(connect);
        awaitUndisturbed("it works again by itself", BACK, () -> answers("echo", "ann GET"));
        Shell.await("status says so", SOON, () -> !status().contains(lost));
    }

    private static String status() {
        return ANN.telepresence("status").ok().stdout();
    }

    private static boolean answers(String service, String part) {
        return Cluster.fromPod("http://" + service + "/").stdout().contains(part);
    }

    /** Whatever is waited for: all the time Ben gets what is his. */
    private static void awaitUndisturbed(String what, Duration limit, BooleanSupplier condition) {
        Shell.await(what, limit, () -> {
            String answer = Cluster.fromPod("http://shop/").stdout();
            // One question may fail for reasons of its own, on a busy machine.
            String again = answer.isEmpty() ? Cluster.fromPod("http://shop/").stdout() : answer;
            assertTrue(again.startsWith("ben"), again);
            return condition.getAsBoolean();
        });
        // A list has everybody's engagements, and hers says why it has ended.
        BEN.telepresence("status").ok().says("shop: ").saysNot("may not");
    }

    private void audited(String... parts) {
        Shell.await("the audit line with " + String.join(", ", parts), SOON, () -> Cluster.kubectl(
                        "-n", Roles.MANAGER, "logs", "-l", "app=traffic-manager", "--tail=-1")
                .ok()
                .stdout()
                .lines()
                .filter(line -> line.startsWith("{") && line.contains("\"time\":"))
                .filter(line ->
                        line.replaceFirst(".*\"time\":\"([^\"]+)\".*", "$1").compareTo(begun) >= 0)
                .anyMatch(line -> List.of(parts).stream().allMatch(line::contains)));
    }
}

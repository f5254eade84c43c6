package io.telepresence.e2e.manage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.e2e.apps.LocalApp;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * From the last revision that asked no client who it is, and ran the traffic-manager as a Deployment, to today's: built
 * once, from this repository itself.
 */
@ExtendWith(Session.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class UpgradeIT {
    private static final String REVISION = "8bd1e897542abe8416c16671450a5311fd6e1456";
    private static final Laptop ADMIN = new Laptop("admin");
    private static final Laptop DEVELOPER = new Laptop("developer");
    private static final Duration BUILT = Duration.ofMinutes(30);
    private static final Duration INSTALLED = Duration.ofSeconds(240);
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String FLAG = "a traffic-agent of another image than new pods get";

    private static Path earlier;
    private static Process app;
    private static String podsBefore = "";

    @BeforeAll
    static void installTheEarlierOne() {
        Result built = Shell.run(
                Map.of(),
                BUILT,
                List.of(Project.root().resolve("scripts/lib/test/earlier").toString(), REVISION));
        if (built.exitCode() == 3) {
            System.out.println("UpgradeIT is skipped: " + built.stderr().strip());
        }
        assumeTrue(built.exitCode() != 3, built.stderr());
        earlier = Path.of(built.ok().stdout().strip()).resolve("target");
        Cluster.script("load", image("traffic-manager"), image("traffic-agent")).ok();
        ADMIN.run(INSTALLED, Laptop.command("helm", "uninstall"));
        ADMIN.telepresence("quit", "-s").ok();
        ADMIN.run(
                        INSTALLED,
                        Shell.join(
                                        command("helm", "install", "--set", "clientRbac.create=true"),
                                        "--set",
                                        "timeouts.agentArrival=120s,client.timeouts.intercept=120s,"
                                                + "image.registry=localhost/earlier",
                                        "--set-json",
                                        "clientRbac.subjects=[{\"kind\":\"Group\",\"name\":\"developers\",\"apiGroup\":\"rbac.authorization.k8s.io\"}]")
                                .toArray(String[]::new))
                .ok();
        before(ADMIN, "quit", "-s").ok();
        app = DEVELOPER.start(LocalApp.command(8123, "laptop", Laptop.home().resolve("upgrade.log")));
    }

    private static String image(String name) {
        return earlier.resolve("images/" + name + ".tar").toString();
    }

    private static List<String> command(String... arguments) {
        return Shell.join(
                List.of(earlier.resolve("dist/telepresence/bin/telepresence").toString()), arguments);
    }

    /** With the earlier client. */
    private static Result before(Laptop laptop, String... arguments) {
        return laptop.run(command(arguments).toArray(String[]::new));
    }

    @AfterEach
    void quit() {
        DEVELOPER.telepresence("quit", "-s");
        before(DEVELOPER, "quit", "-s");
    }

    @AfterAll
    static void today() {
        if (earlier == null) {
            return;
        }
        if (app != null) {
            Shell.kill(app);
        }
        ADMIN.run(INSTALLED, Laptop.command("helm", "uninstall"));
        Session.install();
        ADMIN.telepresence("quit", "-s").ok();
    }

    @Test
    @Order(1)
    void todaysClientWorksWithTheEarlierManagerAndWarns() {
        DEVELOPER
                .telepresence("connect")
                .ok()
                .says("does not ask who its users are")
                .says("telepresence helm upgrade");
        DEVELOPER.telepresence("status").ok().says("does not ask who its users are");
        DEVELOPER.curl("http://echo/").ok().says("echo-");
        DEVELOPER
                .telepresence("intercept", "echo", "--port", "8123:http", "--mount=false")
                .ok();
        assertTrue(answers("echo", "laptop GET"));
        DEVELOPER.telepresence("leave", "echo").ok();
    }

    @Test
    @Order(2)
    void anUpgradeMakesItAStatefulSetAndRollsNoPod() {
        before(DEVELOPER, "connect").ok();
        before(DEVELOPER, "intercept", "shop", "--port", "8123:http", "--mount=false")
                .ok();
        assertTrue(answers("shop", "laptop GET"));
        before(DEVELOPER, "leave", "shop").ok();
        before(DEVELOPER, "quit", "-s").ok();
        // A pod that was replaced goes only when its callers have had time to leave it.
        Shell.await("pods that were replaced are gone", SOON, () -> !pods().contains("true") && shops() == 2);
        podsBefore = pods();
        ADMIN.run(
                        INSTALLED,
                        Laptop.command(
                                "helm", "upgrade", "--reuse-values", "--set", "image.registry=localhost/telepresence"))
                .ok();
        ADMIN.telepresence("quit", "-s").ok();
        Cluster.kubectl("-n", "ambassador", "rollout", "status", "statefulset/traffic-manager", "--timeout=90s")
                .ok();
        Cluster.kubectl("-n", "ambassador", "get", "deployment/traffic-manager").failed();
        assertEquals(podsBefore, pods());
    }

    @Test
    @Order(3)
    void agentsOfBeforeServeOnAndAreFlaggedUntilTheirPodsAreReplaced() {
        DEVELOPER.telepresence("connect").ok().saysNot("does not ask who its users are");
        Shell.await(
                "its agents arrive",
                SOON,
                () -> DEVELOPER.telepresence("list", "--agents").stdout().contains("2 pods have " + FLAG));
        DEVELOPER
                .telepresence("intercept", "shop", "--port", "8123:http", "--mount=false")
                .ok();
        assertTrue(answers("shop", "laptop GET"));
        DEVELOPER.telepresence("leave", "shop").ok();
        assertTrue(answers("shop", "shop-"));
        assertEquals(podsBefore, pods());

        Cluster.kubectl("rollout", "restart", "deployment/shop").ok();
        Cluster.kubectl("rollout", "status", "deployment/shop", "--timeout=150s")
                .ok();
        Shell.await("no pod of before is left", SOON, () -> !DEVELOPER
                .telepresence("list", "--agents")
                .ok()
                .stdout()
                .lines()
                .dropWhile(line -> !line.startsWith("deployment shop"))
                .limit(2)
                .anyMatch(line -> line.contains(FLAG)));
    }

    @Test
    @Order(4)
    void theEarlierClientIsToldInOneSentence() {
        String said = before(DEVELOPER, "connect").failed().stderr();
        assertTrue(said.contains("is too old"), said);
        assertEquals(1, said.lines().filter(line -> line.contains("error")).count(), said);
    }

    private static boolean answers(String service, String part) {
        return Cluster.fromPod("http://" + service + "/").stdout().contains(part);
    }

    private static long shops() {
        return pods().lines().filter(line -> line.startsWith("shop-")).count();
    }

    /** Of the namespace of the samples: uid, and whether it goes. */
    private static String pods() {
        return Cluster.kubectl(
                        "get",
                        "pods",
                        "--sort-by=.metadata.uid",
                        "-o",
                        "go-template={{range .items}}{{.metadata.name}} {{.metadata.uid}} "
                                + "{{if .metadata.deletionTimestamp}}true{{end}}{{\"\\n\"}}{{end}}")
                .ok()
                .stdout();
    }
}

package io.telepresence.e2e.manage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.telepresence.e2e.engage.OnTheLaptop;
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
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** What an administrator may rule by values of the chart; afterwards they are what they were. */
@ExtendWith(Session.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ValuesIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Laptop COLLEAGUE = Laptop.second("colleague");

    @BeforeAll
    static void upgrade() {
        // Injected before: agents are configured when they are injected.
        LAPTOP.telepresence("connect").ok();
        LAPTOP.telepresence("uninstall", "example-app");
        LAPTOP.telepresence("quit", "-s").ok();
        upgrade(
                "[\"DB_PASSWORD\"]",
                "intercept.allowGlobalIntercepts=false,intercept.inactiveBlockTimeout=10s,agent.maxIdleTime=15s"
                        + ",telepresenceAPI.port=9980,client.telepresenceAPI.port=9981");
        LAPTOP.telepresence("connect").ok();
        COLLEAGUE.telepresence("connect").ok();
    }

    @AfterAll
    static void back() {
        LAPTOP.telepresence("quit", "-s");
        COLLEAGUE.telepresence("quit", "-s");
        upgrade(
                "[]",
                "intercept.allowGlobalIntercepts=true,intercept.inactiveBlockTimeout=10m,agent.maxIdleTime=0s"
                        + ",telepresenceAPI.port=0,client.telepresenceAPI.port=0");
    }

    private static void upgrade(String excluded, String values) {
        new Laptop("admin")
                .run(
                        Duration.ofSeconds(120),
                        Laptop.command(
                                "helm",
                                "upgrade",
                                "--reuse-values",
                                "--set",
                                values,
                                "--set-json",
                                "intercept.environment.excluded=" + excluded))
                .ok();
        Cluster.kubectl("-n", "ambassador", "rollout", "status", "statefulset/traffic-manager", "--timeout=90s")
                .ok();
        new Laptop("admin").telepresence("quit", "-s");
    }

    @AfterEach
    void leaveAll() {
        LAPTOP.telepresence("leave", "mine");
        COLLEAGUE.telepresence("leave", "theirs");
    }

    private static Result intercept(Laptop laptop, String name, String... more) {
        return laptop.telepresence(Shell.join(
                        java.util.List.of("intercept", name, "--workload", "example-app", "--port", "8151:http"), more)
                .toArray(String[]::new));
    }

    @Test
    @Order(1)
    void anInterceptMustHaveAFilter() {
        intercept(LAPTOP, "mine", "--mount=false").failed().says("filter");
        LAPTOP.telepresence("replace", "example-app", "--mount=false").failed();
        LAPTOP.telepresence("list", "-i", "-r").ok().says("No Workloads");
        intercept(LAPTOP, "mine", "--mount=false", "--http-header", "x-user=me").ok();
    }

    @Test
    @Order(2)
    void variablesThatNobodyIsTold() throws IOException {
        Path env = Laptop.home().resolve("values.env");
        intercept(LAPTOP, "mine", "--mount=false", "--http-header", "x-user=me", "--env-file", env.toString())
                .ok();
        String told = Files.readString(env);
        assertFalse(told.contains("DB_PASSWORD"), told);
        assertFalse(told.contains("p$ss"), told);
        assertEquals(1, told.lines().filter("GREETING=hello"::equals).count(), told);
    }

    @Test
    @Order(3)
    void theRestApiOfThePodAndOfTheLaptop() {
        intercept(LAPTOP, "mine", "--mount=false", "--http-header", "x-user=me", "--metadata", "team=blue")
                .ok();
        Shell.await("the pod knows of the intercept", Duration.ofSeconds(30), () -> inPod("consume-here", "x-user: me")
                .equals("false"));
        assertEquals("true", inPod("consume-here", "x-user: you"));
        assertEquals(
                "{\"intercepted\":true,\"clientSide\":false,\"metadata\":{\"team\":\"blue\"}}",
                inPod("intercept-info", "x-user: me"));
        assertEquals("true", onLaptop("consume-here", "x-user: me"));
        assertEquals("false", onLaptop("consume-here", "x-user: you"));
        assertEquals(
                "{\"intercepted\":true,\"clientSide\":true,\"metadata\":{\"team\":\"blue\"}}",
                onLaptop("intercept-info", "x-user: me"));
        LAPTOP.telepresence("leave", "mine").ok();
        Shell.await("the pod consumes all again", Duration.ofSeconds(30), () -> inPod("consume-here", "x-user: me")
                .equals("true"));
    }

    private static String inPod(String question, String header) {
        return Cluster.kubectl(
                        "exec",
                        "deployment/example-app",
                        "-c",
                        "echo-server",
                        "--",
                        "wget",
                        "-q",
                        "-O",
                        "-",
                        "--header",
                        header,
                        "http://127.0.0.1:9980/" + question)
                .stdout();
    }

    private static String onLaptop(String question, String header) {
        return LAPTOP.curl("-H", header, "http://127.0.0.1:9981/" + question)
                .ok()
                .stdout();
    }

    @Test
    @Order(4)
    void whoIsIdleGivesWay() {
        intercept(LAPTOP, "mine", "--mount=false", "--http-header", "x-user=me").ok();
        intercept(COLLEAGUE, "theirs", "--mount=false", "--http-header", "x-user=me")
                .failed()
                .says("\"mine\"");
        Shell.await(
                "the colleague gets it",
                Duration.ofSeconds(30),
                () -> intercept(COLLEAGUE, "theirs", "--mount=false", "--http-header", "x-user=me")
                                .exitCode()
                        == 0);
        LAPTOP.telepresence("list", "-i")
                .ok()
                .says("removed: inactive for more than 10 s, and ")
                .says(" (" + new OnTheLaptop(COLLEAGUE).owner() + ") needed it");
    }

    @Test
    @Order(5)
    void anAgentThatNobodyUsesGoes() {
        Shell.await("example-app has no agent any more", Duration.ofSeconds(90), () -> LAPTOP.telepresence("list")
                .stdout()
                .lines()
                .anyMatch(l -> l.startsWith("deployment example-app") && l.contains("not yet installed")));
        Cluster.fromPod("http://example-app/").ok().says("example-app-");
    }
}

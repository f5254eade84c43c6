package io.telepresence.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whole-port intercepts of every kind of workload, and their bad input. */
@ExtendWith(Session.class)
class InterceptIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static Process handler;
    private static Process udpHandler;

    @BeforeAll
    static void connect() {
        LAPTOP.telepresence("connect").ok();
        handler = LAPTOP.start(
                "socat",
                "TCP-LISTEN:8080,bind=127.0.0.1,fork,reuseaddr",
                "EXEC:" + Project.root().resolve("scripts/lib/hello"));
        udpHandler =
                LAPTOP.start("socat", "UDP-LISTEN:9007,bind=127.0.0.1,fork,reuseaddr", "SYSTEM:sed -u s/^/laptop-/");
    }

    @AfterAll
    static void quit() {
        handler.destroy();
        udpHandler.destroy();
        LAPTOP.telepresence("quit", "-s");
    }

    @AfterEach
    void leaveAll() {
        for (String name :
                new String[] {"echo", "echo-numeric", "echo-headless", "echo-sts", "echo-two", "udp-echo", "mine"}) {
            LAPTOP.telepresence("leave", name);
        }
    }

    @Test
    void namedPort() {
        Result block = LAPTOP.telepresence("intercept", "echo", "--port", "8080:http", "--mount=false")
                .ok();
        assertEquals(
                """
                Using Deployment echo
                intercepted
                  Intercept name: echo
                  State         : ACTIVE
                  Workload kind : Deployment
                  Destination   : 127.0.0.1:8080
                  Intercepting  : all TCP connections
                """,
                block.stdout());
        assertEquals("from the laptop\n", Cluster.fromPod("http://echo/").ok().stdout());
        LAPTOP.telepresence("list").ok().says("deployment echo").says("intercepted");
        LAPTOP.telepresence("leave", "echo").ok();
        Cluster.fromPod("http://echo/").ok().says("echo-");
    }

    @Test
    void numericPort() {
        interceptedAndBack("echo-numeric", "echo-numeric", "8080:80");
    }

    @Test
    void headlessService() {
        LAPTOP.telepresence("intercept", "echo-headless", "--port", "8080").ok();
        assertEquals(
                "from the laptop\n",
                Cluster.fromPod("http://echo-headless:8080/").ok().stdout());
        LAPTOP.telepresence("leave", "echo-headless").ok();
        Cluster.fromPod("http://echo-headless:8080/").ok().says("echo-");
    }

    @Test
    void everyPodOfAStatefulSet() {
        LAPTOP.telepresence("intercept", "echo-sts", "--port", "8080").ok().says("Using StatefulSet echo-sts");
        for (int pod = 0; pod < 2; pod++) {
            String url = "http://echo-sts-" + pod + ".echo-sts.default.svc.cluster.local:8080/";
            // The cluster's DNS learns of a pod that was just replaced a moment later.
            Shell.await(
                    url + " has a name again",
                    Duration.ofSeconds(20),
                    () -> Cluster.fromPod(url).exitCode() != 6);
            assertEquals("from the laptop\n", Cluster.fromPod(url).ok().stdout());
        }
    }

    @Test
    void everyReplica() {
        LAPTOP.telepresence("intercept", "echo-two", "--service", "echo-two", "--port", "8080")
                .ok();
        for (int i = 0; i < 10; i++) {
            assertEquals(
                    "from the laptop\n",
                    Cluster.fromPod("http://echo-two/").ok().stdout());
        }
    }

    @Test
    void anotherNameForTheIntercept() {
        LAPTOP.telepresence("intercept", "mine", "--workload", "echo", "--port", "8080", "--mount=false")
                .ok()
                .says("Intercept name: mine");
        assertEquals("from the laptop\n", Cluster.fromPod("http://echo/").ok().stdout());
        LAPTOP.telepresence("intercept", "mine", "--workload", "echo-two", "--port", "8080")
                .failed()
                .says("mine");
    }

    @Test
    void datagrams() {
        LAPTOP.telepresence("intercept", "udp-echo", "--port", "9007").ok();
        Shell.await("a datagram from the laptop", Duration.ofSeconds(15), () -> Cluster.kubectl(
                        "exec", "caller", "--", "sh", "-c", "echo hi | socat -t 3 - UDP:udp-echo:9000")
                .stdout()
                .contains("laptop-hi"));
    }

    @Test
    void aHandlerCommandEndsTheIntercept() {
        Result run = LAPTOP.telepresence("intercept", "echo", "--port", "8080", "--", "sh", "-c", "exit 5");
        assertEquals(5, run.exitCode(), run::describe);
        Cluster.fromPod("http://echo/").ok().says("echo-");
    }

    @Test
    void aClosedLocalPortRefusesAndNothingHangs() {
        LAPTOP.telepresence("intercept", "echo", "--port", "18081:http").ok();
        Result refused = Cluster.fromPod("http://echo/").failed();
        assertTrue(refused.millis() < 8000, refused::describe);
    }

    @Test
    void structuredOutput() {
        LAPTOP.telepresence("intercept", "echo", "--port", "8080:http", "--output", "json", "--detailed-output")
                .ok()
                .says("\"disposition\"")
                .says("\"ACTIVE\"")
                .says("\"workload_kind\"");
    }

    @Test
    void badInputIsOneSentence() {
        LAPTOP.telepresence("intercept", "nothing-there").failed().says("nothing-there");
        LAPTOP.telepresence("intercept", "echo", "--port", "99999:http")
                .failed()
                .says("99999");
        LAPTOP.telepresence("intercept", "echo", "--port", "8080:nope")
                .failed()
                .says("has no interceptable port matching");
        LAPTOP.telepresence("intercept", "echo", "--service", "nope").failed().says("nope");
        LAPTOP.telepresence("leave", "nothing-there").failed().says("Intercept named \"nothing-there\" not found");
        LAPTOP.telepresence("intercep", "echo").failed().says("intercept");
        LAPTOP.telepresence("list").ok().saysNot("intercepted");
    }

    private static void interceptedAndBack(String workload, String service, String port) {
        LAPTOP.telepresence("intercept", workload, "--port", port).ok();
        assertEquals(
                "from the laptop\n",
                Cluster.fromPod("http://" + service + "/").ok().stdout());
        LAPTOP.telepresence("leave", workload).ok();
        Cluster.fromPod("http://" + service + "/").ok().says("echo-");
    }
}

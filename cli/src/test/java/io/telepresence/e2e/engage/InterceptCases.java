package io.telepresence.e2e.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Whole-port intercepts of every kind of workload, and their bad input: in each mode the same. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class InterceptCases {
    private static final String FROM_LAPTOP = "laptop GET /\n";

    /** A kubelet of the oldest Kubernetes may take a minute to let each pod go. */
    private static final Duration ONE_AFTER_THE_OTHER = Duration.ofSeconds(150);

    private final Mode mode;
    private LocalAppAt handler;
    private Process udpHandler;

    public InterceptCases(Mode mode) {
        this.mode = mode;
    }

    @BeforeAll
    public void connect() {
        mode.connect().ok();
        handler = mode.app(8080, "laptop");
        udpHandler = mode.socat(
                "UDP-LISTEN:9007,bind=127.0.0.1,fork,reuseaddr", "SYSTEM:while read line; do echo laptop-$line; done");
    }

    @AfterAll
    public void quit() {
        handler.close();
        udpHandler.destroy();
        mode.quit();
    }

    @AfterEach
    public void leaveAll() {
        for (String name :
                new String[] {"echo", "echo-numeric", "echo-headless", "echo-sts", "echo-two", "udp-echo", "mine"}) {
            mode.telepresence("leave", name);
        }
    }

    @Test
    public void namedPort() {
        Result block = mode.telepresence("intercept", "echo", "--port", "8080:http", "--mount=false")
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
        assertEquals(FROM_LAPTOP, Cluster.fromPod("http://echo/").ok().stdout());
        mode.telepresence("list").ok().says("deployment echo").says("intercepted");
        mode.telepresence("leave", "echo").ok();
        Cluster.fromPod("http://echo/").ok().says("echo-");
    }

    @Test
    public void numericPort() {
        interceptedAndBack("echo-numeric", "echo-numeric", "8080:80");
    }

    @Test
    public void headlessService() {
        mode.telepresence("intercept", "echo-headless", "--port", "8080").ok();
        answeredByTheLaptop("http://echo-headless:8080/");
        mode.telepresence("leave", "echo-headless").ok();
        Cluster.fromPod("http://echo-headless:8080/").ok().says("echo-");
    }

    @Test
    public void everyPodOfAStatefulSet() {
        mode.telepresence("intercept", "echo-sts", "--port", "8080").ok().says("Using StatefulSet echo-sts");
        for (int pod = 0; pod < 2; pod++) {
            String url = "http://echo-sts-" + pod + ".echo-sts.default.svc.cluster.local:8080/";
            try {
                answeredByTheLaptop(url, ONE_AFTER_THE_OTHER);
            } catch (AssertionError e) {
                throw new AssertionError(e.getMessage() + whatBecameOf("echo-sts"), e);
            }
        }
    }

    @Test
    public void everyReplica() {
        mode.telepresence("intercept", "echo-two", "--service", "echo-two", "--port", "8080")
                .ok();
        for (int i = 0; i < 10; i++) {
            assertEquals(FROM_LAPTOP, Cluster.fromPod("http://echo-two/").ok().stdout());
        }
    }

    @Test
    public void anotherNameForTheIntercept() {
        mode.telepresence("intercept", "mine", "--workload", "echo", "--port", "8080", "--mount=false")
                .ok()
                .says("Intercept name: mine");
        assertEquals(FROM_LAPTOP, Cluster.fromPod("http://echo/").ok().stdout());
        mode.telepresence("intercept", "mine", "--workload", "echo-two", "--port", "8080")
                .failed()
                .says("mine");
    }

    @Test
    public void datagrams() {
        mode.telepresence("intercept", "udp-echo", "--port", "9007").ok();
        Shell.await("a datagram from the laptop", Duration.ofSeconds(60), () -> Cluster.kubectl(
                        "exec", "caller", "--", "sh", "-c", "echo hi | socat -t 3 - UDP:udp-echo:9000")
                .stdout()
                .contains("laptop-hi"));
    }

    @Test
    public void aHandlerCommandEndsTheIntercept() {
        Result run = mode.telepresence("intercept", "echo", "--port", "8080", "--", "sh", "-c", "exit 5");
        assertEquals(5, run.exitCode(), run::describe);
        Cluster.fromPod("http://echo/").ok().says("echo-");
    }

    @Test
    public void aClosedLocalPortRefusesAndNothingHangs() {
        mode.telepresence("intercept", "echo", "--port", "18081:http").ok();
        Result refused = Cluster.fromPod("http://echo/").failed();
        assertTrue(refused.millis() < 14_000, refused::describe);
    }

    @Test
    public void structuredOutput() {
        mode.telepresence("intercept", "echo", "--port", "8080:http", "--output", "json", "--detailed-output")
                .ok()
                .says("\"disposition\"")
                .says("\"ACTIVE\"")
                .says("\"workload_kind\"");
    }

    @Test
    public void badInputIsOneSentence() {
        mode.telepresence("intercept", "nothing-there").failed().says("nothing-there");
        mode.telepresence("intercept", "echo", "--port", "99999:http").failed().says("99999");
        mode.telepresence("intercept", "echo", "--port", "8080:nope")
                .failed()
                .says("has no interceptable port matching");
        mode.telepresence("intercept", "echo", "--service", "nope").failed().says("nope");
        mode.telepresence("leave", "nothing-there").failed().says("Intercept named \"nothing-there\" not found");
        mode.telepresence("intercep", "echo").failed().says("intercept");
        mode.telepresence("list").ok().saysNot("intercepted");
    }

    /** A pod that ends has its name, and serves, until the cluster's DNS knows its successor; then it is so each time. */
    private static void answeredByTheLaptop(String url) {
        answeredByTheLaptop(url, Duration.ofSeconds(60));
    }

    private static void answeredByTheLaptop(String url, Duration limit) {
        AtomicReference<String> last = new AtomicReference<>("");
        try {
            Shell.await(url + " is answered by the laptop", limit, () -> {
                Result got = Cluster.fromPod(url);
                last.set(got.stdout() + got.stderr());
                return got.stdout().equals(FROM_LAPTOP);
            });
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + ", last: " + last.get(), e);
        }
        assertEquals(FROM_LAPTOP, Cluster.fromPod(url).ok().stdout());
    }

    /** Its pods, and what the traffic-manager did with it, in a few hundred characters. */
    private static String whatBecameOf(String workload) {
        String ready = "{{range .status.conditions}}{{if eq .type \"Ready\"}}{{.status}}{{end}}{{end}}";
        String pods = "{{range .items}}{{.metadata.name}} made {{.metadata.creationTimestamp}} deleted"
                + " {{.metadata.deletionTimestamp}} ready " + ready + "; {{end}}";
        List<String> manager = Cluster.kubectl("logs", "--namespace", "ambassador", "traffic-manager-0")
                .stdout()
                .lines()
                .filter(line -> line.contains(workload))
                .map(line -> line.substring(0, Math.min(line.length(), 110)))
                .toList();
        return "; "
                + Cluster.kubectl("get", "pods", "-l", "app=" + workload, "-o", "go-template=" + pods)
                        .stdout()
                + manager.subList(Math.max(0, manager.size() - 3), manager.size());
    }

    private void interceptedAndBack(String workload, String service, String port) {
        mode.telepresence("intercept", workload, "--port", port).ok();
        assertEquals(
                FROM_LAPTOP, Cluster.fromPod("http://" + service + "/").ok().stdout());
        mode.telepresence("leave", workload).ok();
        Cluster.fromPod("http://" + service + "/").ok().says("echo-");
    }
}

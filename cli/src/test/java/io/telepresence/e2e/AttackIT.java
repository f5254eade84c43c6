package io.telepresence.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A pod without any right attacks the manager and an agent. Nothing restarts, memory stays below the limit, and what
 * others ask for meanwhile is there in time.
 */
@ExtendWith(Session.class)
class AttackIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final boolean LONG = Boolean.getBoolean("e2e.long");
    private static final int SECONDS = LONG ? 30 : 6;

    /** Nobody else waits longer. */
    private static final long MOST_MILLIS = 10_000;

    private static final int MANAGER_MIB = 512;
    private static JavaPod attacker;
    private static String manager;
    private static long longest;

    @BeforeAll
    static void connect() {
        attacker = JavaProgram.of(AttackerApp.class).inPod("attacker", 8080, "8080");
        LAPTOP.telepresence("connect").ok();
        manager = manager(".metadata.name");
    }

    @AfterAll
    static void quit() {
        System.out.println("AttackIT: others waited at most " + longest + " ms; the manager's memory was at most "
                + peakMiB("ambassador", manager(".metadata.name"), "traffic-manager") + " MiB");
        LAPTOP.telepresence("leave", "echo");
        LAPTOP.telepresence("quit", "-s");
        if (attacker != null) {
            attacker.close();
        }
    }

    private static String manager(String path) {
        return Cluster.kubectl(
                        "-n",
                        "ambassador",
                        "get",
                        "pod",
                        "-l",
                        "app=traffic-manager",
                        "-o",
                        "jsonpath={.items[0]" + path + "}")
                .ok()
                .stdout();
    }

    /** The most that a process of the container has had in memory; pages of its files count too. */
    private static long peakMiB(String namespace, String pod, String container) {
        String statuses = Cluster.kubectl(
                        "-n", namespace, "exec", pod, "-c", container, "--", "sh", "-c", "cat /proc/[0-9]*/status")
                .stdout();
        return Pattern.compile("VmHWM:\\s+(\\d+)")
                        .matcher(statuses)
                        .results()
                        .mapToLong(found -> Long.parseLong(found.group(1)))
                        .max()
                        .orElseThrow()
                >> 10;
    }

    @AfterEach
    void theManagerIsTheSame() {
        assertEquals(manager, manager(".metadata.name"));
        assertEquals("0", manager(".status.containerStatuses[0].restartCount"));
        long peak = peakMiB("ambassador", manager, "traffic-manager");
        assertTrue(peak < MANAGER_MIB, "the manager had " + peak + " MiB");
    }

    private static String service(String namespace, String name) {
        return Cluster.kubectl("-n", namespace, "get", "service", name, "-o", "jsonpath={.spec.clusterIP}")
                .ok()
                .stdout();
    }

    private static CompletableFuture<Result> attack(String kind, String host, int port, String more) {
        String url = "http://attacker/" + kind + "?host=" + host + "&port=" + port + "&seconds=" + SECONDS + more;
        return CompletableFuture.supplyAsync(() ->
                Cluster.kubectl("exec", "caller", "--", "curl", "-sS", "-m", Integer.toString(SECONDS + 30), url));
    }

    /** Meanwhile others go on. */
    private static void endure(CompletableFuture<Result> attack) throws Exception {
        do {
            Result list = LAPTOP.telepresence("list").ok().says("echo");
            Result pod = Cluster.kubectl("run", "victim", "--image=localhost/echo:1", "--dry-run=server", "-o", "name")
                    .ok();
            Result answer = Cluster.fromPod("http://echo/").ok();
            for (Result one : new Result[] {list, pod, answer}) {
                longest = Math.max(longest, one.millis());
                assertTrue(one.millis() < MOST_MILLIS, one::describe);
            }
        } while (!attack.isDone());
        attack.get(1, TimeUnit.MINUTES).ok().says("begun").saysNot("begun 0");
    }

    @Test
    void eightMegabytesOfJsonFromAStranger() throws Exception {
        endure(attack("bodies", service("ambassador", "agent-injector"), 443, "&bytes=8000000&path=/traffic-agent"));
    }

    /** Whoever may read the webhook's configuration, or makes the API server ask. */
    @Test
    void theLargestReviewsFromWhoKnowsThePath() throws Exception {
        String path = Cluster.kubectl(
                        "get",
                        "mutatingwebhookconfigurations",
                        "agent-injector-webhook-ambassador",
                        "-o",
                        "jsonpath={.webhooks[0].clientConfig.service.path}")
                .ok()
                .stdout();
        assertTrue(path.matches("/traffic-agent/[a-z0-9]{32}"), path);
        endure(attack("bodies", service("ambassador", "agent-injector"), 443, "&bytes=3600000&count=8&path=" + path));
    }

    @Test
    void sixteenMegabytesInOneMessage() throws Exception {
        endure(attack("messages", service("ambassador", "traffic-manager"), 8081, "&count=16"));
    }

    @Test
    void halfOpenStreams() throws Exception {
        String each = LONG ? "&count=100&streams=100" : "&count=50&streams=40";
        endure(attack("streams", service("ambassador", "traffic-manager"), 8081, each));
    }

    @Test
    void silentConnections() throws Exception {
        String ip = manager(".status.podIP");
        CompletableFuture<?>[] others = {
            attack("silent", ip, 8081, "&count=2000"), attack("silent", ip, 8443, "&count=1000")
        };
        endure(attack("silent", ip, 8083, "&count=500"));
        CompletableFuture.allOf(others).get(2, TimeUnit.MINUTES);
    }

    @Test
    void whoAsksWithoutReading() throws Exception {
        endure(attack("mute", service("ambassador", "traffic-manager"), 8081, "&count=16"));
    }

    @Test
    void streamsWithoutAcknowledgementAtAnAgent() throws Exception {
        LAPTOP.telepresence("intercept", "echo", "--port", "8199:http", "--http-header", "x-other=me")
                .ok();
        String pod = Cluster.kubectl("get", "pod", "-l", "app=echo", "-o", "jsonpath={.items[0].metadata.name}")
                .ok()
                .stdout();
        endure(attack("streams", service("default", "echo"), 80, "&path=/a&count=4&streams=5000"));
        endure(attack("mute", service("default", "echo"), 80, "&count=16"));
        endure(attack("silent", service("default", "echo"), 80, "&count=2000"));
        String restarts = Cluster.kubectl(
                        "get",
                        "pod",
                        pod,
                        "-o",
                        "jsonpath={.status.containerStatuses[*].restartCount}{.status.initContainerStatuses[*].restartCount}")
                .ok()
                .stdout();
        assertTrue(restarts.matches("[0 ]+"), restarts);
        Cluster.kubectl("logs", pod, "-c", "traffic-agent").ok().saysNot("starting it again");
        assertTrue(peakMiB("default", pod, "traffic-agent") < 192);
        LAPTOP.telepresence("leave", "echo").ok();
    }
}

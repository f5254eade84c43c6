package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.e2e.apps.AttackerApp;
import io.telepresence.e2e.apps.JavaPod;
import io.telepresence.e2e.apps.JavaProgram;
import io.telepresence.e2e.apps.LocalApp;
import io.telepresence.e2e.apps.UdpEcho;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.time.Duration;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A pod without any right attacks the manager and an agent. Nothing restarts, memory stays below the limit, and what
 * others ask for meanwhile is there in time.
 */
@ExtendWith(Session.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AttackIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final boolean LONG = Boolean.getBoolean("e2e.long");
    private static final int SECONDS = LONG ? 30 : 6;

    /** Nobody else waits longer. */
    private static final long MOST_MILLIS = 10_000;

    private static final int MANAGER_MIB = 512;
    private static JavaPod attacker;
    private static String manager;
    private static final AttackVictim VICTIM = new AttackVictim();

    /** How long others waited at most, and how often they asked, by attack. */
    private static final Map<String, LongSummaryStatistics> WAITED = new TreeMap<>();

    private static long datagramsEndedNanos;

    @BeforeAll
    static void connect() {
        attacker = JavaProgram.of(AttackerApp.class).inPod("attacker", 8080, "8080");
        LAPTOP.telepresence("connect").ok();
        manager = manager(".metadata.name");
    }

    @AfterAll
    static void quit() {
        // scripts/bench attack reads these lines.
        WAITED.forEach((attack, millis) -> System.out.println(
                "AttackIT: attack=" + attack + " waited=" + millis.getMax() + " asked=" + millis.getCount()));
        System.out.println("AttackIT: the manager's memory was at most "
                + AttackVictim.peakMiB("ambassador", manager(".metadata.name"), "traffic-manager")
                + " MiB, that of the agent under UDP "
                + VICTIM.peakMiB() + " MiB");
        LAPTOP.telepresence("leave", "echo");
        LAPTOP.telepresence("quit", "-s");
        VICTIM.close();
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

    @AfterEach
    void theManagerIsTheSame() {
        assertEquals(manager, manager(".metadata.name"));
        assertEquals("0", manager(".status.containerStatuses[0].restartCount"));
        long peak = AttackVictim.peakMiB("ambassador", manager, "traffic-manager");
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
    private static void endure(String name, CompletableFuture<Result> attack) throws Exception {
        do {
            Result list = LAPTOP.telepresence("list").ok().says("echo");
            Result pod = Cluster.kubectl("run", "victim", "--image=localhost/echo:1", "--dry-run=server", "-o", "name")
                    .ok();
            Result answer = Cluster.fromPod("http://echo/").ok();
            waited(name, list, pod, answer);
        } while (!attack.isDone());
        attack.get(1, TimeUnit.MINUTES).ok().says("begun").saysNot("begun 0");
    }

    private static void waited(String attack, Result... others) {
        for (Result one : others) {
            WAITED.computeIfAbsent(attack, _ -> new LongSummaryStatistics()).accept(one.millis());
            assertTrue(one.millis() < MOST_MILLIS, one::describe);
        }
    }

    @Test
    void eightMegabytesOfJsonFromAStranger() throws Exception {
        endure(
                "json",
                attack("bodies", service("ambassador", "agent-injector"), 443, "&bytes=8000000&path=/traffic-agent"));
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
        endure(
                "reviews",
                attack("bodies", service("ambassador", "agent-injector"), 443, "&bytes=3600000&count=8&path=" + path));
    }

    @Test
    void sixteenMegabytesInOneMessage() throws Exception {
        endure("messages", attack("messages", service("ambassador", "traffic-manager"), 8081, "&count=16"));
    }

    @Test
    void halfOpenStreams() throws Exception {
        String each = LONG ? "&count=100&streams=100" : "&count=50&streams=40";
        endure("half-open", attack("streams", service("ambassador", "traffic-manager"), 8081, each));
    }

    @Test
    void silentConnections() throws Exception {
        String ip = manager(".status.podIP");
        CompletableFuture<?>[] others = {
            attack("silent", ip, 8081, "&count=2000"), attack("silent", ip, 8443, "&count=1000")
        };
        endure("silent", attack("silent", ip, 8083, "&count=500"));
        CompletableFuture.allOf(others).get(2, TimeUnit.MINUTES);
    }

    @Test
    void whoAsksWithoutReading() throws Exception {
        endure("mute", attack("mute", service("ambassador", "traffic-manager"), 8081, "&count=16"));
    }

    @Test
    void streamsWithoutAcknowledgementAtAnAgent() throws Exception {
        LAPTOP.telepresence("intercept", "echo", "--port", "8199:http", "--http-header", "x-other=me")
                .ok();
        String pod = Cluster.kubectl("get", "pod", "-l", "app=echo", "-o", "jsonpath={.items[0].metadata.name}")
                .ok()
                .stdout();
        endure("agent-streams", attack("streams", service("default", "echo"), 80, "&path=/a&count=4&streams=5000"));
        endure("agent-mute", attack("mute", service("default", "echo"), 80, "&count=16"));
        endure("agent-silent", attack("silent", service("default", "echo"), 80, "&count=2000"));
        AttackVictim.assertUnharmed(pod);
        LAPTOP.telepresence("leave", "echo").ok();
    }

    /** 8,192 of them: as many as an agent remembers, and none of them is silent for a second. */
    @Test
    @Order(1)
    void datagramsOfAllSourcesThatAnAgentHasRoomFor() throws Exception {
        VICTIM.start();
        datagrams("udp");
        String ports = AttackVictim.LOCAL_PORT + ":udp";
        Process local =
                LAPTOP.start(LocalApp.command(UdpEcho.class, Integer.toString(AttackVictim.LOCAL_PORT), "local"));
        try {
            LAPTOP.telepresence("wiretap", "attacked", "--port", ports, "--mount=false")
                    .ok();
            datagrams("udp-tapped");
            LAPTOP.telepresence("leave", "attacked").ok();
            LAPTOP.telepresence("intercept", "attacked", "--port", ports, "--mount=false")
                    .ok();
            Shell.await("the laptop answers", Duration.ofSeconds(20), () -> VICTIM.datagram()
                    .stdout()
                    .startsWith("local"));
            datagrams("udp-taken");
        } finally {
            LAPTOP.telepresence("leave", "attacked");
            local.destroy();
        }
        datagramsEndedNanos = System.nanoTime();
    }

    private static void datagrams(String name) throws Exception {
        CompletableFuture<Result> attack = attack("sources", VICTIM.ip(), AttackVictim.UDP_PORT, "&count=8192");
        long most = 0;
        do {
            waited(name, VICTIM.datagram().ok().says("hi"), VICTIM.http().ok().says("attacked"));
            waited(name, LAPTOP.telepresence("list").ok().says("echo"));
            most = Math.max(most, VICTIM.files());
        } while (!attack.isDone());
        attack.get(1, TimeUnit.MINUTES).ok().says("begun 8192 ");
        // The last questions may have taken longer than the attack; what has arrived is remembered for a while.
        most = Math.max(most, VICTIM.files());
        // Each source has a socket towards the application, or a flow to the laptop; so it has arrived.
        assertTrue(name.equals("udp-taken") || most > 6_000, "at most " + most + " files were open under " + name);
        assertTrue(most < 9_000, most + " files were open under " + name);
        Shell.await(
                "both are answered within a second",
                Duration.ofSeconds(30),
                () -> VICTIM.datagram().ok().millis() < 1_000
                        && VICTIM.http().ok().millis() < 1_000);
        VICTIM.assertUnharmed();
    }

    /** The time that a silent source is remembered goes by while other attacks run. */
    @Test
    @Order(Integer.MAX_VALUE)
    void socketsOfSilentSourcesAreGivenBack() {
        assumeTrue(datagramsEndedNanos != 0, "there was no such attack");
        Duration left = AttackVictim.REMEMBERED.minusNanos(System.nanoTime() - datagramsEndedNanos);
        Shell.await("the agent has as few files as before", left.isNegative() ? Duration.ZERO : left, VICTIM::isAtRest);
        VICTIM.assertUnharmed();
    }
}

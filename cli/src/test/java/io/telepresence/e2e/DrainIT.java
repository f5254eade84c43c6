package io.telepresence.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Pods with an agent end while they are asked: four Deployments whose application stays for a while after it was asked
 * to end, as behind a load balancer. Three are rolled at the same time; of the fourth the agent's process is killed.
 */
@ExtendWith(Session.class)
class DrainIT {
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final int LOCAL_PORT = 8181;
    private static final int REPLACING_PORT = 8182;
    private static final int LONG_SECONDS = Boolean.getBoolean("e2e.long") ? 90 : 40;
    private static final int PRE_STOP_SECONDS = 12;
    /** What reaches a process that was just killed is inside it. */
    private static final Duration DYING = Duration.ofSeconds(1);

    private static final Map<String, Steady> STEADY = new LinkedHashMap<>();
    private static final Map<String, List<String>> FAILURES = new HashMap<>();
    private static final Map<String, Answer> LONG = new LinkedHashMap<>();
    private static CompletableFuture<Instant> appEnded;
    private static CompletableFuture<Instant> agentEnded;
    private static Instant killed;
    private static final List<LocalAppAt> LOCAL = new ArrayList<>();

    /** A call in the cluster's network that takes long. */
    private record Answer(Process process, Path out, Path err) {
        static Answer of(String name, String... command) {
            Path out = Laptop.home().resolve("long-" + name + ".out");
            Path err = Laptop.home().resolve("long-" + name + ".err");
            return new Answer(Shell.start(Map.of(), Cluster.onNode(command), out, err), out, err);
        }

        static Answer get(String name, String url) {
            return of(name, "curl", "-sS", "-m", "150", "-w", "\n%{http_code}", url);
        }

        boolean ended() {
            return !process.isAlive();
        }

        String says() throws IOException {
            return Files.readString(out) + Files.readString(err);
        }
    }

    /** @param graceMillis for how long the application serves after SIGTERM, which comes after its preStop hook */
    private static String workload(String name, int graceMillis) {
        return """
                apiVersion: v1
                kind: Service
                metadata: {name: %1$s, labels: {made-by: drain-it}}
                spec:
                  selector: {app: %1$s}
                  ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp, port: 9001, targetPort: 9001}]
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %1$s, labels: {made-by: drain-it}}
                spec:
                  selector: {matchLabels: {app: %1$s}}
                  template:
                    metadata:
                      labels: {app: %1$s, drain-it: rolled}
                      annotations: {telepresence.io/inject-traffic-agent: enabled}
                    spec:
                      terminationGracePeriodSeconds: 120
                      containers:
                      - name: work
                        image: localhost/echo:1
                        imagePullPolicy: Never
                        command: [/echo]
                        env:
                        - {name: PORT, value: "8080"}
                        - {name: TCP_PORT, value: "9001"}
                        - {name: NAME, value: %1$s}
                        - {name: GRACE_MS, value: "%2$d"}
                        ports: [{containerPort: 8080}, {containerPort: 9001}]
                        readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
                        lifecycle: {preStop: {exec: {command: [sleep, "%3$d"]}}}
                ---
                """
                .formatted(name, graceMillis, PRE_STOP_SECONDS);
    }

    @BeforeAll
    static void rollWhileAllAreAsked() throws Exception {
        int stays = (LONG_SECONDS - PRE_STOP_SECONDS + 3) * 1000;
        String all = workload("drain-idle", stays)
                + workload("drain-taken", 2_000)
                + workload("drain-gone", 2_000)
                + workload("drain-killed", 2_000);
        Path file = Files.writeString(Laptop.home().resolve("drain.yaml"), all);
        Cluster.kubectl("apply", "-f", file.toString()).ok();
        LAPTOP.telepresence("connect").ok();
        LOCAL.add(LocalAppAt.start(LAPTOP, LOCAL_PORT, "local"));
        LOCAL.add(LocalAppAt.start(LAPTOP, REPLACING_PORT, "local"));
        for (String name : List.of("drain-idle", "drain-taken", "drain-gone", "drain-killed")) {
            rolledOut(name);
        }
        LAPTOP.telepresence("intercept", "drain-taken", "--port", LOCAL_PORT + ":8080", "--mount=false")
                .ok();
        LAPTOP.telepresence("replace", "drain-gone", "--port", REPLACING_PORT + ":8080", "--mount=false")
                .ok();
        rolledOut("drain-gone");
        for (String name : List.of("drain-taken", "drain-gone")) {
            Shell.await("the laptop answers for " + name, MINUTE, () -> Cluster.onNode(
                            Duration.ofSeconds(10), "curl", "-sS", "-m", "5", url(name, ""))
                    .stdout()
                    .startsWith("local"));
        }
        watch();
        ask();
        // They are under way.
        pass(Duration.ofSeconds(3));
        Cluster.kubectl(
                        "rollout",
                        "restart",
                        "deployment/drain-idle",
                        "deployment/drain-taken",
                        "deployment/drain-gone")
                .ok();
        kill("drain-killed");
        for (Map.Entry<String, Answer> one : LONG.entrySet()) {
            Shell.await(one.getKey() + " ends", Duration.ofSeconds(LONG_SECONDS + 30), one.getValue()::ended);
        }
        for (Map.Entry<String, Steady> one : STEADY.entrySet()) {
            FAILURES.put(one.getKey(), one.getValue().end());
        }
    }

    private static void ask() throws IOException {
        for (String name : List.of("drain-idle", "drain-taken", "drain-gone", "drain-killed")) {
            STEADY.put(name, Steady.start(name, url(name, ""), 50));
            LONG.put(name, Answer.get(name, url(name, "delay/" + LONG_SECONDS * 1000)));
        }
        LONG.put("stream", Answer.get("stream", url("drain-idle", "stream/" + LONG_SECONDS * 10)));
        String seconds = Integer.toString(LONG_SECONDS);
        LONG.put(
                "tcp",
                Answer.of(
                        "tcp",
                        LocalApp.command(Caller.class, "ticking", Cluster.serviceIp("drain-idle"), "9001", seconds)));
    }

    /** The old pod's two containers, each until its process is gone. */
    private static void watch() {
        String uid = uid("drain-idle");
        appEnded = end(AgentProcesses.app(uid, "echo"));
        agentEnded = end(AgentProcesses.launcher(uid));
    }

    private static CompletableFuture<Instant> end(ProcessHandle process) {
        CompletableFuture<Instant> end = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            while (process.isAlive()) {
                LockSupport.parkNanos(20_000_000);
            }
            end.complete(Instant.now());
        });
        return end;
    }

    @AfterAll
    static void quit() {
        LOCAL.forEach(LocalAppAt::close);
        LAPTOP.telepresence("quit", "-s");
        Cluster.kubectl("delete", "--wait=false", "deployment,service", "-l", "made-by=drain-it");
        Cluster.kubectl("delete", "pods", "-l", "drain-it=rolled", "--grace-period=1", "--wait=false");
    }

    private static String url(String name, String path) {
        return "http://" + Cluster.serviceIp(name) + "/" + path;
    }

    private static void rolledOut(String name) {
        Cluster.kubectl("rollout", "status", "deployment/" + name, "--timeout=90s")
                .ok();
    }

    private static void pass(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        Shell.await(time + " pass", time.plusSeconds(5), () -> System.nanoTime() - end > 0);
    }

    /** The agent's process alone. */
    private static void kill(String app) {
        ProcessHandle agent = AgentProcesses.java(uid(app));
        killed = Instant.now();
        agent.destroyForcibly();
    }

    private static String uid(String app) {
        String lasting = "{{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.uid}}{{end}}{{end}}";
        return Cluster.kubectl("get", "pods", "-l", "app=" + app, "-o", "go-template=" + lasting)
                .ok()
                .stdout();
    }

    private static void nothingIsLost(String name, String longAnswer) throws IOException {
        assertEquals(List.of(), FAILURES.get(name), "short requests to " + name);
        String said = LONG.get(name).says();
        assertTrue(said.contains(longAnswer) && said.endsWith("\n200"), said);
    }

    @Test
    void withNothingEngagedNothingIsLost() throws Exception {
        nothingIsLost("drain-idle", "GET /delay/");
        String streamed = LONG.get("stream").says();
        assertTrue(streamed.contains("chunk " + LONG_SECONDS * 10 + " of ") && streamed.endsWith("\n200"), streamed);
        String ticked = LONG.get("tcp").says().strip();
        assertTrue(ticked.matches("heard \\d+") && Integer.parseInt(ticked.split(" ")[1]) > LONG_SECONDS * 2, ticked);
    }

    @Test
    void whatTheLaptopAnswersIsNotLost() throws Exception {
        nothingIsLost("drain-taken", "local GET /delay/");
    }

    @Test
    void inPlaceOfTheContainerNothingIsLost() throws Exception {
        nothingIsLost("drain-gone", "local GET /delay/");
    }

    @Test
    void ofAnAgentThatWasKilledOnlyWhatWasInsideItIsLost() throws Exception {
        assertTrue(
                LONG.get("drain-killed").says().contains("curl: ("),
                LONG.get("drain-killed").says());
        for (String failure : FAILURES.get("drain-killed")) {
            Instant begun = Instant.parse(failure.split(" ")[0]);
            assertTrue(
                    begun.isBefore(killed.plus(DYING)),
                    () -> "killed at " + killed + ", failed: " + FAILURES.get("drain-killed"));
        }
        Cluster.kubectl("logs", "deploy/drain-killed", "-c", "traffic-agent")
                .ok()
                .says("starting it again");
        String restarts = Cluster.kubectl(
                        "get", "pods", "-l", "app=drain-killed", "-o", "jsonpath={.items[0].status..restartCount}")
                .ok()
                .stdout();
        assertTrue(restarts.matches("[0 ]+"), restarts);
    }

    @Test
    void theAgentEndsWithTheApplication() throws Exception {
        Instant app = appEnded.get(MINUTE.toSeconds(), TimeUnit.SECONDS);
        Instant agent = agentEnded.get(MINUTE.toSeconds(), TimeUnit.SECONDS);
        Duration later = Duration.between(app, agent);
        assertTrue(later.toMillis() > -100 && later.compareTo(Duration.ofSeconds(2)) <= 0, later::toString);
    }
}

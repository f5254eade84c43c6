package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.apps.DrainApp;
import io.telepresence.e2e.apps.DrainCaller;
import io.telepresence.e2e.apps.DrainStreams;
import io.telepresence.e2e.apps.JavaPod;
import io.telepresence.e2e.apps.JavaProgram;
import io.telepresence.e2e.harness.AnnotatedDeployment;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Pods with an agent end while they are asked: four Deployments whose application stays for a while after it was asked
 * to end, as behind a load balancer. Three are rolled at the same time; of the fourth the agent's process is killed. To
 * each go short requests, a long one, server-sent events, a WebSocket and a gRPC stream; to one a plain connection, too.
 */
@ExtendWith(Session.class)
class DrainIT {
    private static final boolean LONG = Boolean.getBoolean("e2e.long");
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final int LOCAL_PORT = 8181;
    private static final int REPLACING_PORT = 8182;
    private static final int LONG_SECONDS = LONG ? 90 : 60;

    /** Short requests a second to each of the four. */
    private static final int RATE = LONG ? 200 : 50;

    private static final int PRE_STOP_SECONDS = 12;

    private static final List<String> NAMES = List.of("drain-idle", "drain-taken", "drain-gone", "drain-killed");
    private static final JavaProgram APP = JavaProgram.of(DrainApp.class);

    @RegisterExtension
    static final AgentLogs AGENTS = new AgentLogs(NAMES);

    private static CompletableFuture<Instant> appEnded;
    private static CompletableFuture<Instant> agentEnded;
    /** Complete once its sockets are closed: the kernel takes its time where others want the processor. */
    private static CompletableFuture<Instant> killed;

    private static Process local;
    private static JavaPod caller;
    private static List<String> report = List.of();

    /** @param graceMillis for how long the application serves after SIGTERM, which comes after its preStop hook */
    private static String workload(String name, int graceMillis) {
        String manifest =
                """
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
                        image: localhost/java:1
                        imagePullPolicy: Never
                        command: [COMMAND]
                        ports: [{containerPort: 8080}, {containerPort: 9001}]
                        readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 10}
                        lifecycle: {preStop: {exec: {command: [sleep, "%2$d"]}}}
                        volumeMounts: [MOUNTS]
                      volumes: [VOLUMES]
                ---
                """
                        .formatted(name, PRE_STOP_SECONDS);
        List<String> command = APP.command("8080", name, Integer.toString(graceMillis), "9001");
        return JavaPod.filled(manifest, command, JavaPod.folders(APP.classPath()));
    }

    @BeforeAll
    static void rollWhileAllAreAsked() throws Exception {
        // As long as the streams, and what they may be late.
        int stays = (LONG_SECONDS - PRE_STOP_SECONDS + 5) * 1000;
        StringBuilder all = new StringBuilder();
        NAMES.forEach(name -> all.append(workload(name, name.equals("drain-idle") ? stays : 2_000)));
        Path file = Files.writeString(Laptop.home().resolve("drain.yaml"), all);
        Cluster.kubectl("apply", "-f", file.toString()).ok();
        LAPTOP.telepresence("connect").ok();
        local = APP.onLaptop(LAPTOP, LOCAL_PORT, LOCAL_PORT + "," + REPLACING_PORT, "local", "0");
        List<String> classPath = Shell.join(
                JavaProgram.interop("").classPath(),
                Project.root().resolve("cli/target/test-classes").toString());
        caller = new JavaProgram(DrainCaller.class.getName(), classPath).inPod("drain-caller", 8080, "8080");
        NAMES.forEach(name -> AnnotatedDeployment.rolledOut("default", name));
        LAPTOP.telepresence("intercept", "drain-taken", "--port", LOCAL_PORT + ":8080", "--mount=false")
                .ok();
        LAPTOP.telepresence("replace", "drain-gone", "--port", REPLACING_PORT + ":8080", "--mount=false")
                .ok();
        rolledOut("drain-gone");
        for (String name : List.of("drain-taken", "drain-gone")) {
            Shell.await("the laptop answers for " + name, MINUTE, () -> get(name, "")
                    .stdout()
                    .startsWith("local"));
        }
        watch();
        AGENTS.follow();
        begin();
        Cluster.kubectl(
                        "rollout",
                        "restart",
                        "deployment/drain-idle",
                        "deployment/drain-taken",
                        "deployment/drain-gone")
                .ok();
        kill("drain-killed");
        awaitReport("ended", Duration.ofSeconds(LONG_SECONDS + 120));
        lines("drain-.* rate").forEach(line -> System.out.println("DrainIT: " + line));
    }

    private static void begin() {
        // The first calls of programs that have just started take their time, as those of no caller that has been
        // there.
        begin(3, 10);
        awaitReport("ended", MINUTE.multipliedBy(2));
        begin(LONG_SECONDS, RATE);
        // What is rolled and killed meanwhile needs the rest of their time.
        awaitReport("under way", Duration.ofSeconds(LONG_SECONDS * 2 / 3));
    }

    private static void begin(int seconds, int rate) {
        String to =
                NAMES.stream().map(name -> name + "=" + Cluster.serviceIp(name)).collect(Collectors.joining(","));
        String tcp = "drain-idle=" + Cluster.serviceIp("drain-idle");
        get("drain-caller", "begin?seconds=" + seconds + "&rate=" + rate + "&to=" + to + "&tcp=" + tcp)
                .ok();
    }

    private static void awaitReport(String last, Duration limit) {
        try {
            Shell.await("the calls are reported as " + last, limit, () -> {
                report = get("drain-caller", "report").stdout().lines().toList();
                return report.contains(last);
            });
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\n" + String.join("\n", report), e);
        }
    }

    private static Result get(String name, String path) {
        return Cluster.onNode(MINUTE, "curl", "-sS", "-m", "40", "http://" + Cluster.serviceIp(name) + "/" + path);
    }

    /** What the caller has told in lines that begin so. */
    private static List<String> lines(String beginning) {
        Pattern pattern = Pattern.compile(beginning + " .*");
        return report.stream().filter(line -> pattern.matcher(line).matches()).toList();
    }

    /** The old pod's two containers, each until its process is gone. */
    private static void watch() {
        String uid = uid("drain-idle");
        appEnded = end(AgentProcesses.app(uid, "java"));
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
        if (local != null) {
            local.destroy();
        }
        LAPTOP.telepresence("quit", "-s");
        Cluster.kubectl("delete", "--wait=false", "deployment,service", "-l", "made-by=drain-it");
        Cluster.kubectl("delete", "pods", "-l", "drain-it=rolled", "--grace-period=1", "--wait=false");
        if (caller != null) {
            caller.close();
        }
    }

    private static void rolledOut(String name) {
        Cluster.kubectl("rollout", "status", "deployment/" + name, "--timeout=90s")
                .ok();
    }

    /** The agent's process alone. */
    private static void kill(String app) {
        ProcessHandle agent = AgentProcesses.java(uid(app));
        killed = end(agent);
        agent.destroyForcibly();
    }

    private static String uid(String app) {
        String lasting = "{{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.uid}}{{end}}{{end}}";
        return Cluster.kubectl("get", "pods", "-l", "app=" + app, "-o", "go-template=" + lasting)
                .ok()
                .stdout();
    }

    private static void nothingIsLost(String name, String place) {
        FailedRequests failed = FailedRequests.of(lines(name + " failed"));
        failed.lines().forEach(line -> System.out.println("DrainIT: " + name + " failed " + line));
        // In few words, of which reports keep the first hundreds of letters.
        assertTrue(failed.isEmpty(), () -> name + ": " + failed.sum() + "; " + AGENTS.lastWords(name));
        assertEquals(List.of(name + " long " + place + " GET /delay/" + LONG_SECONDS * 1000), lines(name + " long"));
        DrainStreams.KINDS.forEach(kind -> isHeardToItsEnd(name + " " + kind));
        assertRate(name);
    }

    private static void isHeardToItsEnd(String stream) {
        List<String> told = lines(stream);
        assertEquals(1, told.size(), told::toString);
        Matcher all = Pattern.compile(stream + " heard all (\\d+)").matcher(told.getFirst());
        assertTrue(all.matches() && Integer.parseInt(all.group(1)) > LONG_SECONDS, told::toString);
    }

    /** Nothing is lost where nobody asks. The short form runs beside other tests, and is about what is lost. */
    private static void assertRate(String name) {
        String told = lines(name + " rate").getFirst();
        int rate = Integer.parseInt(told.split(" ")[2]);
        int least = LONG ? RATE * 3 / 4 : RATE / 4;
        assertTrue(rate >= least, "this machine was too slow for " + RATE + " requests a second: " + told);
    }

    @Test
    void withNothingEngagedNothingIsLost() {
        nothingIsLost("drain-idle", "drain-idle");
        isHeardToItsEnd("drain-idle tcp");
    }

    @Test
    void whatTheLaptopAnswersIsNotLost() {
        nothingIsLost("drain-taken", "local");
    }

    @Test
    void inPlaceOfTheContainerNothingIsLost() {
        nothingIsLost("drain-gone", "local");
    }

    @Test
    void ofAnAgentThatWasKilledOnlyWhatWasInsideItIsLost() throws Exception {
        Instant gone = killed.get(MINUTE.toSeconds(), TimeUnit.SECONDS);
        FailedRequests failed = FailedRequests.of(lines("drain-killed failed"));
        System.out.println("DrainIT: drain-killed gone at " + gone + ": " + (failed.isEmpty() ? "" : failed.sum()));
        // When a caller notices is the caller's affair.
        List<FailedRequests.One> outside = failed.all().stream()
                .filter(one -> !one.opened().isBefore(gone))
                .toList();
        assertTrue(
                outside.isEmpty(), () -> "gone at " + gone + ", failed of connections opened since then: " + outside);
        assertTrue(lines("drain-killed long").getFirst().startsWith("drain-killed long cut"), report::toString);
        for (String kind : DrainStreams.KINDS) {
            // The one that was inside, and its successor.
            List<String> told = lines("drain-killed " + kind);
            assertEquals(2, told.size(), told::toString);
            assertTrue(told.getFirst().startsWith("drain-killed " + kind + " cut after"), told::toString);
            assertTrue(told.getLast().startsWith("drain-killed " + kind + " heard all"), told::toString);
        }
        assertRate("drain-killed");
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
        assertTrue(later.toMillis() > -100 && later.compareTo(Duration.ofSeconds(10)) <= 0, later::toString);
    }
}

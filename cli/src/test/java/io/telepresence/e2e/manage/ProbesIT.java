package io.telepresence.e2e.manage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.engage.LocalAppAt;
import io.telepresence.e2e.harness.AnnotatedDeployment;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import io.telepresence.e2e.safety.AgentProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The kubelet, Services and policies find the application as they would without an agent. */
@ExtendWith(Session.class)
class ProbesIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final String RENAMED = "probes-it";
    private static final int LOCAL = 8177;

    /** Both probes fail, and the kubelet has killed the application, long before. */
    private static final Duration LONG_ENOUGH = Duration.ofSeconds(7);

    private static final String PROBES =
            """
            livenessProbe: {httpGet: {path: /live, port: 8080}, periodSeconds: 1, failureThreshold: 2}
            readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 1, failureThreshold: 2}
            startupProbe: {tcpSocket: {port: 8080}, periodSeconds: 1, failureThreshold: 30}
            lifecycle: {postStart: {exec: {command: [sleep, "1"]}}, preStop: {httpGet: {path: /stop, port: http}}}
            """;

    private static LocalAppAt app;

    @BeforeAll
    static void deploy() {
        apply("probed", workload("probed", "", PROBES, "{name: http, port: 80, targetPort: 8080}"));
        apply(
                "twins",
                workload(
                        "twins",
                        "",
                        "",
                        "{name: http, port: 80, targetPort: http}, {name: s, port: 443, targetPort: https}"));
        apply(
                "nodns",
                workload(
                        "nodns",
                        "dnsPolicy: None\ndnsConfig: {nameservers: [203.0.113.53]}\n",
                        "",
                        "{name: http, port: 80, targetPort: http}"));
        apply(
                "told",
                workload(
                        "told",
                        "",
                        "",
                        "{name: http, port: 80, targetPort: http}, {name: admin, port: 81, targetPort: admin}"));
        LAPTOP.telepresence("connect").ok();
        app = LocalAppAt.start(LAPTOP, LOCAL, "local");
        List.of("probed", "twins", "nodns", "told").forEach(name -> rolledOut("default", name));
    }

    /** The application listens on 9901, too, and only its environment says so. */
    private static String workload(String name, String pod, String container, String ports) {
        return """
                apiVersion: v1
                kind: Service
                metadata: {name: %1$s, labels: {made-by: probes-it}}
                spec: {selector: {app: %1$s}, ports: [%2$s]}
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %1$s, labels: {made-by: probes-it}}
                spec:
                  selector: {matchLabels: {app: %1$s}}
                  template:
                    metadata:
                      labels: {app: %1$s}
                      annotations: {telepresence.io/inject-traffic-agent: enabled}
                    spec:
                      terminationGracePeriodSeconds: 2
                %3$s
                      containers:
                      - name: main
                        image: localhost/echo:1
                        imagePullPolicy: Never
                        command: [/echo]
                        env: [{name: PORT, value: "8080"}, {name: NAME, value: %1$s}, {name: TCP_PORT, value: "9901"},
                          {name: GRACE_MS, value: "0"}]
                        ports: [{name: http, containerPort: 8080}, {name: https, containerPort: 8080},
                          {name: admin, containerPort: 8081}]
                %4$s
                """
                .formatted(name, ports, pod.indent(6), container.indent(8));
    }

    private static void apply(String name, String yaml) {
        apply("default", name, yaml);
    }

    private static void apply(String namespace, String name, String yaml) {
        try {
            Path file = Files.writeString(Laptop.home().resolve("probes-" + name + ".yaml"), yaml);
            Cluster.kubectl("-n", namespace, "apply", "-f", file.toString()).ok();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void rolledOut(String namespace, String name) {
        AnnotatedDeployment.rolledOut(namespace, name);
    }

    @AfterEach
    void leave() {
        List.of("probed", "twins", "nodns", "told", "fronted").forEach(name -> LAPTOP.telepresence("leave", name));
    }

    @AfterAll
    static void quit() {
        LAPTOP.telepresence("quit", "-s");
        app.close();
        Cluster.kubectl("delete", "--wait=false", "deployment,service", "-l", "made-by=probes-it");
        Cluster.kubectl("delete", "--wait=false", "namespace", RENAMED);
    }

    private static String pod(String app, String jsonpath) {
        return Cluster.kubectl("get", "pods", "-l", "app=" + app, "-o", "jsonpath={.items[0]" + jsonpath + "}")
                .stdout();
    }

    private static String main(String app, String field) {
        return pod(app, ".status.containerStatuses[?(@.name=='main')]." + field);
    }

    /** For a while the application is ready, and is not started again. */
    private static void undisturbed(String app, String when) {
        long end = System.nanoTime() + LONG_ENOUGH.toNanos();
        Shell.await("the kubelet has asked often", LONG_ENOUGH.plusSeconds(20), () -> {
            assertEquals("true", main(app, "ready"), () -> app + " is ready " + when);
            assertEquals("0", main(app, "restartCount"), () -> app + " runs " + when);
            return System.nanoTime() > end;
        });
    }

    private static void intercept(String name, String port) {
        LAPTOP.telepresence("intercept", name, "--port", port, "--mount=false").ok();
    }

    private static void laptopAnswers(String url) {
        assertEquals("local GET /\n", Cluster.fromPod(url).ok().stdout());
    }

    @Test
    void theKubeletAsksTheApplication() throws IOException {
        intercept("probed", "9999:http");
        assertTrue(!Cluster.fromPod("http://probed/").stdout().contains("GET /"), "nothing listens on the laptop");
        undisturbed("probed", "with nothing on the laptop");
        ProcessHandle agent = AgentProcesses.java(pod("probed", ".metadata.uid"));
        signal("STOP", agent);
        try {
            undisturbed("probed", "while the agent hangs");
        } finally {
            signal("CONT", agent);
        }
        agent.destroyForcibly();
        undisturbed("probed", "after the agent was killed");
    }

    private static void signal(String name, ProcessHandle process) throws IOException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .onExit()
                .join();
    }

    @Test
    void aPortIsEngagedByEachOfItsNamesAndItsNumberStays() {
        intercept("twins", LOCAL + ":s");
        laptopAnswers("http://twins:443/");
        laptopAnswers("http://twins/");
        assertEquals("8080 8080", endpoints("default", "twins"));
    }

    private static String endpoints(String namespace, String name) {
        return Cluster.kubectl("-n", namespace, "get", "endpoints", name, "-o", "jsonpath={.subsets[*].ports[*].port}")
                .stdout();
    }

    @Test
    void anAgentWithoutTheClustersDnsArrives() {
        intercept("nodns", LOCAL + ":http");
        laptopAnswers("http://nodns/");
    }

    @Test
    void anAgentKeepsOffAPortThatOnlyTheEnvironmentNames() {
        intercept("told", LOCAL + ":http");
        laptopAnswers("http://told/");
        assertEquals("0", main("told", "restartCount"));
        assertTrue(!pod("told", "..containerPort").contains("9901"));
    }

    @Test
    void aNativeSidecarIsProbedAtItsOwnPort() {
        Matcher minor = Pattern.compile("\"minor\":\\s*\"(\\d+)")
                .matcher(Cluster.kubectl("get", "--raw", "/version").ok().stdout());
        Assumptions.assumeTrue(
                minor.find() && Integer.parseInt(minor.group(1)) >= 32, "skipped: no native sidecars here");
        apply(
                "fronted",
                workload(
                        "fronted",
                        """
                        initContainers:
                        - name: front
                          restartPolicy: Always
                          image: localhost/echo:1
                          imagePullPolicy: Never
                          command: [/echo]
                          env: [{name: PORT, value: "8082"}, {name: NAME, value: front}, {name: GRACE_MS, value: "0"}]
                          ports: [{name: front, containerPort: 8082}]
                          startupProbe: {httpGet: {path: /, port: front}, periodSeconds: 1, failureThreshold: 20}
                          livenessProbe: {httpGet: {path: /, port: 8082}, periodSeconds: 1, failureThreshold: 2}
                        """,
                        "",
                        "{name: http, port: 80, targetPort: front}"));
        rolledOut("default", "fronted");
        intercept("fronted", LOCAL + ":http");
        laptopAnswers("http://fronted/");
        assertEquals("0", pod("fronted", ".status.initContainerStatuses[?(@.name=='front')].restartCount"));
    }

    /** Where no container with NET_ADMIN is admitted the name leads to the agent, and policies by number are warned of. */
    @Test
    void whereNamesAreRenamedAPolicyByNumberIsNamed() {
        Cluster.kubectl("create", "namespace", RENAMED).ok();
        Cluster.kubectl("label", "namespace", RENAMED, "pod-security.kubernetes.io/enforce=baseline")
                .ok();
        apply(
                RENAMED,
                "policy",
                """
                apiVersion: networking.k8s.io/v1
                kind: NetworkPolicy
                metadata: {name: narrow}
                spec: {podSelector: {matchLabels: {app: renamed}}, ingress: [{ports: [{port: 8080}]}]}
                """);
        apply(
                RENAMED,
                "renamed",
                workload(
                        "renamed",
                        "",
                        PROBES,
                        "{name: http, port: 80, targetPort: http}, {name: s, port: 443, targetPort: https}"));
        rolledOut(RENAMED, "renamed");
        LAPTOP.telepresence("quit").ok();
        Laptop admin = LAPTOP.as("admin");
        admin.telepresence("connect", "--namespace", RENAMED).ok();
        try {
            admin.telepresence("intercept", "renamed", "--port", LOCAL + ":s", "--mount=false")
                    .ok()
                    .says("NetworkPolicy narrow allows port 8080");
            assertEquals("9900 9900", endpoints(RENAMED, "renamed"));
            laptopAnswers("http://renamed." + RENAMED + "/");
            laptopAnswers("http://renamed." + RENAMED + ":443/");
        } finally {
            admin.telepresence("leave", "renamed");
            admin.telepresence("quit", "-s");
            LAPTOP.telepresence("connect").ok();
        }
    }
}

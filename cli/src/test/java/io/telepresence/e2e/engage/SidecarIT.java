package io.telepresence.e2e.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The agent as a native sidecar, also of Jobs, on a cluster where a Service finds its ports (Kubernetes 1.32). */
@ExtendWith(Session.class)
class SidecarIT {
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final String AGENT = "?(@.name=='traffic-agent')";

    /** Serves until somebody makes the file /done in its container, then ends well. */
    private static final String WORK =
            """
            containers:
            - name: work
              image: localhost/echo:1
              imagePullPolicy: Never
              command: [sh, -c, "/echo & while ! test -e /done; do sleep 1; done"]
              env: [{name: PORT, value: "8080"}, {name: NAME, value: work}, {name: GRACE_MS, value: "0"}]
              ports: [{name: http, containerPort: 8080}]
            """;

    private static LocalAppAt app;

    @BeforeAll
    static void jobsAreEnabled() {
        Matcher minor = Pattern.compile("\"minor\":\\s*\"(\\d+)")
                .matcher(Cluster.kubectl("get", "--raw", "/version").ok().stdout());
        assertTrue(minor.find());
        Assumptions.assumeTrue(
                Integer.parseInt(minor.group(1)) >= 32,
                "skipped: agents are native sidecars from Kubernetes 1.32 on, this is 1." + minor.group(1));
        upgrade("true");
        LAPTOP.telepresence("connect").ok();
        app = LocalAppAt.start(LAPTOP, 8171, "local");
    }

    @AfterAll
    static void back() {
        if (app != null) {
            app.close();
            LAPTOP.telepresence("quit", "-s");
            upgrade("false");
        }
    }

    private static void upgrade(String jobs) {
        Laptop admin = new Laptop("admin");
        admin.run(
                        Duration.ofSeconds(120),
                        Laptop.command("helm", "upgrade", "--reuse-values", "--set", "workloads.jobs.enabled=" + jobs))
                .ok();
        Cluster.kubectl("-n", "ambassador", "rollout", "status", "statefulset/traffic-manager", "--timeout=90s")
                .ok();
        admin.telepresence("quit", "-s");
    }

    @AfterEach
    void leaveAndDelete() {
        for (String name : List.of("side", "plain", "job", "cron")) {
            LAPTOP.telepresence("leave", name);
        }
        Cluster.kubectl("delete", "--wait=false", "deployment,job,cronjob,service", "-l", "made-by=sidecar-it");
    }

    private static String pod(String app, String jsonpath) {
        return Cluster.kubectl(
                        "get",
                        "pods",
                        "-l",
                        "app=" + app,
                        "--sort-by=.metadata.creationTimestamp",
                        "-o",
                        "jsonpath={.items[-1:]" + jsonpath + "}")
                .stdout();
    }

    private static String indented(String yaml, int by) {
        return yaml.indent(by);
    }

    private static void apply(String name, String yaml) {
        try {
            Path file = Files.writeString(Laptop.home().resolve("sidecar-" + name + ".yaml"), yaml);
            Cluster.kubectl("apply", "-f", file.toString()).ok();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** With a Service that finds the port by name. */
    private static void deployment(String name, String annotation, String more) {
        apply(
                name,
                """
                apiVersion: v1
                kind: Service
                metadata: {name: %1$s, labels: {made-by: sidecar-it}}
                spec: {selector: {app: %1$s}, ports: [{name: http, port: 80, targetPort: http}]}
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %1$s, labels: {made-by: sidecar-it}}
                spec:
                  selector: {matchLabels: {app: %1$s}}
                  template:
                    metadata:
                      labels: {app: %1$s}
                      annotations: {telepresence.io/inject-traffic-agent: "%2$s"}
                    spec:
                      terminationGracePeriodSeconds: 20
                """
                                .formatted(name, annotation)
                        + indented(more, 6)
                        + indented(WORK, 6));
    }

    private static void ready(String name) {
        Cluster.kubectl("rollout", "status", "deployment/" + name, "--timeout=90s")
                .ok();
    }

    /** As {@code kubectl get pod} counts: ready and all, native sidecars among them. */
    private static void assertTwoOfTwo(String name) {
        assertEquals("Always", pod(name, ".spec.initContainers[-1:].restartPolicy"));
        assertEquals("traffic-agent", pod(name, ".spec.initContainers[-1:].name"));
        assertEquals("work", pod(name, ".spec.containers[*].name"));
        assertEquals("true", pod(name, ".status.initContainerStatuses[" + AGENT + "].ready"));
        String line = Cluster.kubectl("get", "pods", "-l", "app=" + name, "--no-headers")
                .ok()
                .stdout();
        assertTrue(line.contains("2/2"), line);
    }

    @Test
    void aPodIsTwoOfTwoAndIsEngagedInEveryWay() {
        deployment("side", "enabled", "");
        ready("side");
        Shell.await("2/2", MINUTE, () -> pod("side", ".status.initContainerStatuses[" + AGENT + "].ready")
                .equals("true"));
        assertTwoOfTwo("side");
        String before = pod("side", ".metadata.uid");
        LAPTOP.telepresence("intercept", "side", "--port", "8171:http", "--mount=false")
                .ok();
        assertEquals("local GET /\n", Cluster.fromPod("http://side/").ok().stdout());
        LAPTOP.telepresence("leave", "side").ok();
        Cluster.fromPod("http://side/").ok().says("side-");
        LAPTOP.telepresence("ingest", "side", "--mount=false").ok();
        LAPTOP.telepresence("leave", "side").ok();
        LAPTOP.telepresence("wiretap", "side", "--port", "8171:http", "--mount=false")
                .ok();
        LAPTOP.telepresence("leave", "side").ok();
        assertEquals(before, pod("side", ".metadata.uid"), "the pod is up to date");
    }

    @Test
    void inPlaceOfAContainerItIsAnOrdinaryOne() {
        deployment("side", "enabled", "");
        ready("side");
        LAPTOP.telepresence("replace", "side", "--port", "8171:http", "--mount=false")
                .ok();
        Shell.await("only the agent", MINUTE, () -> pod("side", ".spec.containers[*].name")
                .equals("traffic-agent"));
        assertEquals("", pod("side", ".spec.initContainers[" + AGENT + "].name"));
        assertEquals("local GET /\n", Cluster.fromPod("http://side/").ok().stdout());
        LAPTOP.telepresence("leave", "side").ok();
        Shell.await("the sidecar again", MINUTE, () -> pod("side", ".spec.containers[*].name")
                .equals("work"));
        assertTwoOfTwo("side");
    }

    /** What a node hears of endpoints it hears from slices, and so does the manager: it has no right to the old kind. */
    @Test
    void anOldPodGoesOnceSlicesSayThatItServesNoMore() {
        Cluster.kubectl("auth", "can-i", "get", "endpoints", "--as=system:serviceaccount:ambassador:traffic-manager")
                .says("no");
        // A name of its own: new pods of a workload that has been engaged have their agent from the start.
        deployment("plain", "", "");
        ready("plain");
        String before = pod("plain", ".metadata.name");
        LAPTOP.telepresence("intercept", "plain", "--port", "8171:http", "--mount=false")
                .ok();
        Shell.await("the old pod has gone", MINUTE, () -> !Cluster.kubectl("get", "pods", "-o", "name")
                .stdout()
                .contains(before));
        assertEquals("local GET /\n", Cluster.fromPod("http://plain/").ok().stdout());
    }

    /** The pod has its agent and waits for a node; once it may start, there is no manager and no DNS. */
    @Test
    void itStartsWithoutTheManagerAndWithoutDns() {
        String label = "sidecar-it-start";
        deployment(
                "side",
                "enabled",
                """
                nodeSelector: {sidecar-it-start: now}
                dnsPolicy: None
                dnsConfig: {nameservers: [192.0.2.1]}
                """);
        Shell.await("the pod waits", MINUTE, () -> pod("side", ".spec.initContainers[" + AGENT + "].name")
                .equals("traffic-agent"));
        Cluster.kubectl("-n", "ambassador", "scale", "statefulset/traffic-manager", "--replicas=0")
                .ok();
        try {
            Shell.await("no manager", MINUTE, () -> Cluster.kubectl(
                            "-n", "ambassador", "get", "pods", "-l", "app=traffic-manager", "-o", "name")
                    .stdout()
                    .isBlank());
            Cluster.kubectl("label", "nodes", "--all", label + "=now").ok();
            ready("side");
            assertTwoOfTwo("side");
            Cluster.fromPod("http://side/").ok().says("side-");
        } finally {
            Cluster.kubectl("label", "nodes", "--all", label + "-");
            Cluster.kubectl("-n", "ambassador", "scale", "statefulset/traffic-manager", "--replicas=1")
                    .ok();
            Cluster.kubectl("-n", "ambassador", "rollout", "status", "statefulset/traffic-manager", "--timeout=90s")
                    .ok();
            Shell.await(
                    "the session is resumed",
                    MINUTE,
                    () -> LAPTOP.telepresence("list").exitCode() == 0);
        }
    }

    private static void job(String name, String annotation) {
        apply(
                name,
                """
                apiVersion: v1
                kind: Service
                metadata: {name: %1$s, labels: {made-by: sidecar-it}}
                spec: {selector: {app: %1$s}, ports: [{name: http, port: 80, targetPort: http}]}
                ---
                apiVersion: batch/v1
                kind: Job
                metadata: {name: %1$s, labels: {made-by: sidecar-it}}
                spec:
                  backoffLimit: 0
                  template:
                    metadata:
                      labels: {app: %1$s}
                      annotations: {telepresence.io/inject-traffic-agent: "%2$s"}
                    spec:
                      restartPolicy: Never
                """
                                .formatted(name, annotation)
                        + indented(WORK, 6));
    }

    private static void end(String app) {
        Cluster.kubectl("exec", pod(app, ".metadata.name"), "-c", "work", "--", "touch", "/done")
                .ok();
    }

    private static String ended(String container) {
        return pod("job", ".status." + container + ".state.terminated.finishedAt");
    }

    @Test
    void aJobIsEngagedWhileItRunsAndCompletes() {
        job("job", "enabled");
        Shell.await("it runs", MINUTE, () -> pod("job", ".status.phase").equals("Running"));
        LAPTOP.telepresence("list").ok().says("job job");
        String before = pod("job", ".metadata.uid");
        LAPTOP.telepresence("replace", "job").failed().says("never recreated");
        LAPTOP.telepresence("intercept", "job", "--port", "8171:http", "--mount=false")
                .ok();
        assertEquals("local GET /\n", Cluster.fromPod("http://job/").ok().stdout());
        LAPTOP.telepresence("leave", "job").ok();
        Cluster.fromPod("http://job/").ok().says("job-");
        LAPTOP.telepresence("uninstall", "job");
        assertEquals(before, pod("job", ".metadata.uid"), "its pod is never evicted");

        end("job");
        Cluster.kubectl("wait", "--for=condition=complete", "job/job", "--timeout=60s")
                .ok();
        Instant application = Instant.parse(ended("containerStatuses[?(@.name=='work')]"));
        Instant agent = Instant.parse(ended("initContainerStatuses[" + AGENT + "]"));
        assertFalse(agent.isBefore(application), agent + " is before " + application);
        LAPTOP.telepresence("list").ok().saysNot("job job");
        LAPTOP.telepresence("intercept", "job", "--port", "8171:http").failed().says("has no running pod");
    }

    @Test
    void aJobThatDoesNotAskForItIsRefusedAndSaysWhy() {
        job("job", "");
        Shell.await("it runs", MINUTE, () -> pod("job", ".status.phase").equals("Running"));
        assertEquals("", pod("job", ".spec.initContainers[*].name"));
        LAPTOP.telepresence("intercept", "job", "--port", "8171:http", "--mount=false")
                .failed()
                .says("telepresence.io/inject-traffic-agent");
        LAPTOP.telepresence("list").ok().says("pods of a Job are never replaced");
        end("job");
        Cluster.kubectl("wait", "--for=condition=complete", "job/job", "--timeout=60s")
                .ok();
    }

    @Test
    void aCronJobIsEngagedAsOne() {
        apply(
                "cron",
                """
                apiVersion: batch/v1
                kind: CronJob
                metadata: {name: cron, labels: {made-by: sidecar-it}}
                spec:
                  schedule: "* * * * *"
                  suspend: true
                  concurrencyPolicy: Forbid
                  jobTemplate:
                    spec:
                      template:
                        metadata:
                          labels: {app: cron}
                          annotations: {telepresence.io/inject-traffic-agent: enabled}
                        spec:
                          restartPolicy: Never
                """
                        + indented(WORK, 10));
        LAPTOP.telepresence("ingest", "cron", "--mount=false").failed().says("has no running pod");
        Cluster.kubectl("patch", "cronjob", "cron", "-p", "{\"spec\": {\"suspend\": false}}")
                .ok();
        Shell.await("it runs", Duration.ofSeconds(120), () -> pod("cron", ".status.phase")
                .equals("Running"));
        LAPTOP.telepresence("list").ok().says("cronjob cron").saysNot("job cron-");
        LAPTOP.telepresence("ingest", "cron", "--mount=false").ok();
        LAPTOP.telepresence("leave", "cron").ok();
        Cluster.kubectl("patch", "cronjob", "cron", "-p", "{\"spec\": {\"suspend\": true}}")
                .ok();
        end("cron");
        Shell.await("it completes", MINUTE, () -> pod("cron", ".status.phase").equals("Succeeded"));
    }

    @Test
    void anUnknownFormIsRefusedBeforeAnythingChanges() {
        Laptop admin = new Laptop("admin");
        String before = Cluster.kubectl(
                        "-n",
                        "ambassador",
                        "get",
                        "statefulset/traffic-manager",
                        "-o",
                        "jsonpath={.metadata.generation}")
                .ok()
                .stdout();
        admin.telepresence("helm", "upgrade", "--reuse-values", "--set", "agent.sidecar=sidecar")
                .failed()
                .says("'auto', 'native', 'container'");
        assertEquals(
                before,
                Cluster.kubectl(
                                "-n",
                                "ambassador",
                                "get",
                                "statefulset/traffic-manager",
                                "-o",
                                "jsonpath={.metadata.generation}")
                        .ok()
                        .stdout());
        admin.telepresence("quit", "-s");
    }
}

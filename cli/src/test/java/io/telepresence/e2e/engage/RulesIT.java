package io.telepresence.e2e.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A workload's own rules hold: what cannot carry an agent, its strategy, its disruption budget, its held-back revision. */
@ExtendWith(Session.class)
class RulesIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Path MANIFEST = Laptop.home().resolve("rules.yaml");
    private static final Duration SOON = Duration.ofSeconds(60);

    /** Long before a new pod's time is over: what is refused is so within 10 s, and the rest is the command's. */
    private static final int QUICKLY = 25_000;

    private static Process handler;

    @BeforeAll
    static void connect() throws IOException {
        String budget = Cluster.kubectl("api-versions").stdout().lines().anyMatch("policy/v1"::equals)
                ? "policy/v1"
                : "policy/v1beta1";
        Files.writeString(
                MANIFEST,
                String.join(
                        "---\n",
                        workload("onnode", "Deployment", "", "hostNetwork: true", "18080", ""),
                        workload(
                                "nosurge",
                                "Deployment",
                                "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}",
                                "",
                                "8080",
                                ", hostPort: 18081"),
                        workload("large", "Deployment", "", onOneNode(), "8080", "")
                                .replace("#resources", resources()),
                        workload("guarded", "StatefulSet", "serviceName: guarded", "", "8080", ""),
                        workload(
                                "held",
                                "StatefulSet",
                                "serviceName: held\n  updateStrategy: {type: OnDelete}",
                                "",
                                "8080",
                                ""),
                        """
                        apiVersion: %s
                        kind: PodDisruptionBudget
                        metadata: {name: keep-it}
                        spec: {minAvailable: 1, selector: {matchLabels: {app: guarded}}}
                        """
                                .formatted(budget)));
        Cluster.kubectl("apply", "-f", MANIFEST.toString()).ok();
        handler = LAPTOP.start(
                "socat",
                "TCP-LISTEN:8080,bind=127.0.0.1,fork,reuseaddr",
                "EXEC:" + Project.root().resolve("scripts/lib/hello"));
        LAPTOP.telepresence("connect").ok();
        for (String name :
                new String[] {"deployment/onnode", "deployment/nosurge", "deployment/large", "statefulset/guarded"}) {
            Cluster.kubectl("rollout", "status", name, "--timeout=60s").ok();
        }
        // kubectl does not follow a rollout of strategy OnDelete.
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/held-0", "--timeout=60s")
                .ok();
    }

    private static String onOneNode() {
        String node = Cluster.kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")
                .stdout();
        return "nodeSelector: {kubernetes.io/hostname: " + node + "}";
    }

    /** So much of the node's processors that there is no room for two. */
    private static String resources() {
        String cpu = Cluster.kubectl("get", "nodes", "-o", "jsonpath={.items[0].status.allocatable.cpu}")
                .stdout()
                .strip();
        int milli =
                cpu.endsWith("m") ? Integer.parseInt(cpu.substring(0, cpu.length() - 1)) : Integer.parseInt(cpu) * 1000;
        return "resources: {requests: {cpu: " + milli * 55 / 100 + "m}}";
    }

    private static String workload(
            String name, String kind, String spec, String podSpec, String port, String morePort) {
        return """
                apiVersion: v1
                kind: Service
                metadata: {name: %1$s}
                spec:
                  selector: {app: %1$s}
                  ports: [{name: http, port: 80, targetPort: http}]
                ---
                apiVersion: apps/v1
                kind: %2$s
                metadata: {name: %1$s}
                spec:
                  selector: {matchLabels: {app: %1$s}}
                  %3$s
                  template:
                    metadata: {labels: {app: %1$s}}
                    spec:
                      terminationGracePeriodSeconds: 1
                      %4$s
                      containers:
                      - name: echo
                        image: localhost/echo:1
                        imagePullPolicy: Never
                        command: [/echo]
                        env: [{name: PORT, value: "%5$s"}, {name: NAME, value: %1$s}]
                        ports: [{name: http, containerPort: %5$s%6$s}]
                        #resources
                """
                .formatted(name, kind, spec, podSpec, port, morePort);
    }

    @AfterEach
    void leave() {
        LAPTOP.telepresence("leave", "nosurge");
        LAPTOP.telepresence("leave", "large");
    }

    @AfterAll
    static void quit() {
        LAPTOP.telepresence("quit", "-s");
        handler.destroy();
        Cluster.kubectl("delete", "--wait=false", "-f", MANIFEST.toString());
    }

    @Test
    void whatCannotCarryAnAgentIsRefusedAtOnceAndListed() {
        String pods = uids("onnode");
        Result refused = intercept("onnode")
                .failed()
                .says("Deployment onnode.default cannot have a traffic-agent: it uses" + " the network of its node");
        assertTrue(refused.millis() < QUICKLY, refused::describe);
        LAPTOP.telepresence("list").ok().says("it uses the network of its node");
        assertEquals(pods, uids("onnode"));
    }

    @Test
    void withoutSurgeAPodMakesRoomForTheNextOne() {
        intercept("nosurge").ok();
        assertEquals("from the laptop\n", Cluster.fromPod("http://nosurge/").stdout());
    }

    @Test
    void aNodeWithoutRoomIsNamedOrThePodIsReplacedInPlace() {
        String pods = uids("large");
        Result refused = intercept("large").failed().says("Insufficient cpu").says("maxUnavailable");
        assertTrue(refused.millis() < QUICKLY, refused::describe);
        Shell.await("the pod is as it was", SOON, () -> uids("large").equals(pods));
        Cluster.kubectl(
                        "patch",
                        "deployment/large",
                        "-p",
                        "{\"spec\": {\"strategy\": {\"rollingUpdate\": {\"maxUnavailable\": 1}}}}")
                .ok();
        // Steps are told on a terminal, or like this.
        Result replaced = intercept("large", "--progress", "json").ok();
        assertTrue(replaced.stderr().contains("replaced in place"), replaced::describe);
        assertEquals("from the laptop\n", Cluster.fromPod("http://large/").stdout());
    }

    @Test
    void aDisruptionBudgetEndsTheEngagementWithItsName() {
        String pods = uids("guarded");
        Result refused = intercept("guarded").failed().says("keep-it");
        assertTrue(refused.millis() < QUICKLY, refused::describe);
        assertEquals(pods, uids("guarded"));
    }

    @Test
    void aRevisionThatIsHeldBackIsNotReleased() {
        String pods = uids("held");
        Cluster.kubectl("set", "env", "statefulset/held", "NEXT=1").ok();
        Shell.await("there is a new revision", SOON, () -> !revision("current").equals(revision("update")));
        Result refused = intercept("held").failed().says("OnDelete").says("held-0");
        assertTrue(refused.millis() < QUICKLY, refused::describe);
        assertEquals(pods, uids("held"));
        LAPTOP.telepresence("uninstall", "held");
        assertEquals(pods, uids("held"));
    }

    private static Result intercept(String workload, String... more) {
        return LAPTOP.telepresence(Stream.concat(
                        Stream.of("intercept", workload, "--port", "8080:http", "--mount", "false"), Stream.of(more))
                .toArray(String[]::new));
    }

    private static String revision(String which) {
        return Cluster.kubectl("get", "statefulset", "held", "-o", "jsonpath={.status." + which + "Revision}")
                .stdout();
    }

    private static String uids(String app) {
        return Cluster.kubectl("get", "pods", "-l", "app=" + app, "-o", "jsonpath={.items[*].metadata.uid}")
                .stdout();
    }
}

package io.telepresence.e2e.safety;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** Where a client gets through the traffic-manager, whatever it routes there, and what the administrator adds. */
@ExtendWith(Session.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ReachIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Path MANIFEST = Laptop.home().resolve("reach.yaml");
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int DECLARED = 18_090;

    private static String node;

    @BeforeAll
    static void connect() throws IOException {
        Files.writeString(
                MANIFEST,
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: declared, labels: {app: declared}}
                spec:
                  hostNetwork: true
                  terminationGracePeriodSeconds: 1
                  containers:
                    - name: app
                      image: localhost/echo:1
                      imagePullPolicy: Never
                      command: [/echo]
                      env: [{name: PORT, value: "%1$d"}, {name: NAME, value: declared}, {name: GRACE_MS, value: "0"}]
                      ports: [{containerPort: %1$d}]
                """
                        .formatted(DECLARED));
        Cluster.kubectl("apply", "-f", MANIFEST.toString()).ok();
        Cluster.kubectl("wait", "--for=condition=Ready", "pod/declared", "--timeout=60s")
                .ok();
        node = Cluster.kubectl("get", "pod", "declared", "-o", "jsonpath={.status.hostIP}")
                .ok()
                .stdout()
                .strip();
        connectTo(node);
    }

    @AfterAll
    static void restore() {
        LAPTOP.telepresence("quit", "-s");
        Cluster.kubectl("delete", "-f", MANIFEST.toString(), "--wait=false");
        allow("[]");
    }

    private static void connectTo(String address) {
        LAPTOP.telepresence("connect", "--also-proxy", address + "/32").ok();
    }

    private static void allow(String subnets) {
        new Laptop("admin")
                .run(
                        Duration.ofSeconds(120),
                        Laptop.command("helm", "upgrade", "--reuse-values", "--set-json", "reach.allow=" + subnets))
                .ok();
        Cluster.kubectl("-n", "ambassador", "rollout", "status", "statefulset/traffic-manager", "--timeout=90s")
                .ok();
        new Laptop("admin").telepresence("quit", "-s");
    }

    private static String kubelet() {
        return "https://" + node + ":10250/";
    }

    @Test
    @Order(1)
    void ofANodeOnlyWhatPodsDeclareThereIsReached() {
        Shell.await("the declared port answers", SOON, () -> LAPTOP.curl("http://" + node + ":" + DECLARED + "/")
                .stdout()
                .contains("declared"));
        LAPTOP.curl("-k", kubelet()).failed();
    }

    @Test
    @Order(2)
    void theApiServerIsReachedAndTheTrafficManagerIsNot() {
        LAPTOP.curl("-ik", "https://kubernetes.default").ok().says("HTTP/");
        String manager = Cluster.kubectl(
                        "-n",
                        "ambassador",
                        "get",
                        "pod",
                        "-l",
                        "app=traffic-manager",
                        "-o",
                        "jsonpath={.items[0].status.podIP}")
                .ok()
                .stdout()
                .strip();
        LAPTOP.curl("--http2-prior-knowledge", "http://" + manager + ":8081/").failed();
        LAPTOP.curl("--http2-prior-knowledge", "http://traffic-manager.ambassador:8081/")
                .failed();
    }

    @Test
    @Order(3)
    void theAdministratorMayAddSubnets() {
        LAPTOP.telepresence("quit", "-s").ok();
        allow("[\"" + node + "/32\"]");
        connectTo(node);
        Shell.await(
                "the kubelet answers", SOON, () -> LAPTOP.curl("-k", "-o", "/dev/null", "-w", "%{http_code}", kubelet())
                        .stdout()
                        .contains("404"));
    }

    @Test
    @Order(4)
    void whatIsNoSubnetIsRefusedBeforeAnythingChanges() {
        new Laptop("admin")
                .run(
                        Duration.ofSeconds(120),
                        Laptop.command("helm", "upgrade", "--reuse-values", "--set-json", "reach.allow=[\"nonsense\"]"))
                .failed()
                .says("reach");
    }
}

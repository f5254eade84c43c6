package io.telepresence.e2e.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Session;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a program on the laptop sees of a container is what the container sees, and a filter sees what callers send. */
@ExtendWith(Session.class)
class ViewIT {
    private static final Laptop LAPTOP = new Laptop("developer");

    /** 1st is a key that kubelets before 1.32 skip. */
    private static final String WORKLOAD =
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: viewed}
            data: {log-level: debug, feature.x: "on", 1st: first, LINES: "one\\ntwo\\n", UTF: jürgen}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: viewed}
            stringData: {k: hi, PASS: "p$(X)\\\\ '\\"#"}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: viewed}
            spec:
              selector: {app: viewed}
              ports:
              - {name: http, port: 80, targetPort: http}
              - {name: dns, port: 53, targetPort: 8081}
              - {name: dns-udp, port: 53, targetPort: 9000, protocol: UDP}
              - {name: tcp, port: 8088, targetPort: 8082}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: viewed}
            spec:
              selector: {matchLabels: {app: viewed}}
              template:
                metadata: {labels: {app: viewed}}
                spec:
                  terminationGracePeriodSeconds: 1
                  volumes: [{name: k, secret: {secretName: viewed, defaultMode: 0400}}]
                  containers:
                  - name: main
                    image: localhost/echo:1
                    imagePullPolicy: Never
                    command: [/echo]
                    ports: [{name: http, containerPort: 8080}]
                    volumeMounts: [{name: k, mountPath: /key}]
                    envFrom:
                    - configMapRef: {name: viewed}
                    - {prefix: two., configMapRef: {name: viewed}}
                    - {prefix: S_, secretRef: {name: viewed}}
                    env:
                    - {name: PORT, value: "8080"}
                    - {name: NAME, value: viewed}
                    - {name: spring.profiles.active, value: dev}
                    - {name: A, value: "a-$(UNKNOWN)-$$(B)-$(B)-$(UTF)-$(S_PASS)-$("}
                    - {name: B, value: "$(A)|$(KUBERNETES_SERVICE_HOST)|$$$(A)|$(two.log-level)|$(PATH)"}
                    - {name: UTF, value: "$(UTF) und ich"}
                    - {name: EMPTY, value: ""}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: two-users}
            spec:
              selector: {matchLabels: {app: two-users}}
              template:
                metadata: {labels: {app: two-users}}
                spec:
                  terminationGracePeriodSeconds: 1
                  volumes: [{name: d, emptyDir: {}}]
                  initContainers:
                  - name: first
                    image: localhost/tools:1
                    imagePullPolicy: Never
                    command: [sh, -c, "umask 077; echo one >/d/one"]
                    securityContext: {runAsUser: 1111}
                    volumeMounts: [{name: d, mountPath: /d}]
                  - name: second
                    image: localhost/tools:1
                    imagePullPolicy: Never
                    command: [sh, -c, "umask 077; echo two >/d/two"]
                    securityContext: {runAsUser: 2222}
                    volumeMounts: [{name: d, mountPath: /d}]
                  containers:
                  - name: one
                    image: localhost/tools:1
                    imagePullPolicy: Never
                    command: [sleep, infinity]
                    securityContext: {runAsUser: 1111}
                    volumeMounts: [{name: d, mountPath: /d}]
                  - name: two
                    image: localhost/tools:1
                    imagePullPolicy: Never
                    command: [sleep, infinity]
                    securityContext: {runAsUser: 2222}
                    volumeMounts: [{name: d, mountPath: /d}]
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: root-of-all}
            spec:
              selector: {matchLabels: {app: root-of-all}}
              template:
                metadata: {labels: {app: root-of-all}}
                spec:
                  terminationGracePeriodSeconds: 1
                  volumes: [{name: d, emptyDir: {}}]
                  initContainers:
                  - name: somebody
                    image: localhost/tools:1
                    imagePullPolicy: Never
                    command: [sh, -c, "umask 077; mkdir /d/private; echo mine >/d/private/file"]
                    securityContext: {runAsUser: 3333}
                    volumeMounts: [{name: d, mountPath: /d}]
                  containers:
                  - name: main
                    image: localhost/tools:1
                    imagePullPolicy: Never
                    command: [sleep, infinity]
                    volumeMounts: [{name: d, mountPath: /d}]
            """;

    @BeforeAll
    static void connect() throws IOException {
        Path file = Files.writeString(Laptop.home().resolve("viewed.yaml"), WORKLOAD);
        Cluster.kubectl("apply", "-f", file.toString()).ok();
        Cluster.kubectl("rollout", "status", "deployment/viewed", "--timeout=60s")
                .ok();
        Cluster.kubectl("rollout", "status", "deployment/two-users", "--timeout=60s")
                .ok();
        Cluster.kubectl("rollout", "status", "deployment/root-of-all", "--timeout=60s")
                .ok();
        LAPTOP.telepresence("connect").ok();
    }

    @AfterAll
    static void remove() {
        LAPTOP.telepresence("quit", "-s");
        Cluster.kubectl("delete", "--wait=false", "deployment,service,configmap,secret", "viewed");
        Cluster.kubectl("delete", "--wait=false", "deployment", "two-users", "root-of-all");
    }

    /** Without what comes from the image, the runtime and Services. */
    private static Map<String, String> variables(String block) {
        Map<String, String> found = new TreeMap<>();
        for (String entry : block.split("\0")) {
            String name = entry.substring(0, Math.max(0, entry.indexOf('=')));
            boolean foreign = name.isEmpty()
                    || name.matches(
                            "PATH|HOME|HOSTNAME|TELEPRESENCE_.*|[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT.*|PORT.*)");
            if (!foreign) {
                found.put(name, entry.substring(name.length() + 1));
            }
        }
        return found;
    }

    /** The program is no shell: one would lose variables by itself. */
    @Test
    void theProgramHasTheContainersVariablesAndFiles() throws IOException {
        Path mount = Laptop.home().resolve("view");
        Path seen = Files.createDirectories(Laptop.home().resolve("seen"));
        String[] words = {
            "env",
            "LC_ALL=C",
            "own.name=mine",
            Project.binary().toString(),
            "ingest",
            "viewed",
            "--mount",
            mount.toString(),
            "--env-json",
            seen + "/json",
            "--",
            "cp",
            "/proc/self/environ",
            mount + "/key/k",
            seen.toString()
        };
        LAPTOP.run(words).ok();
        assertEquals("hi", Files.readString(seen.resolve("k")));
        String block = Files.readString(seen.resolve("environ"), StandardCharsets.UTF_8);
        Map<String, String> ours = variables(block);
        Map<String, String> theirs =
                variables(Cluster.kubectl("exec", "deploy/viewed", "-c", "main", "--", "cat", "/proc/1/environ")
                        .ok()
                        .stdout());
        assertEquals("mine", ours.get("own.name"));
        assertEquals("C", ours.get("LC_ALL"));
        assertFalse(block.contains("_TEL_"), block);
        assertEquals(theirs.containsKey("1st"), ours.containsKey("1st"));
        ours.keySet().retainAll(theirs.keySet());
        assertEquals(theirs, ours);
        assertEquals("dev", ours.get("spring.profiles.active"));
        String json = Files.readString(seen.resolve("json"), StandardCharsets.UTF_8);
        for (String name : theirs.keySet()) {
            assertTrue(json.contains("\"" + name + "\": "), json);
        }
    }

    @Test
    void headersAreComparedAsUtf8() {
        String typed = "\"$(printf 'x-user%s j\\303\\274rgen' :)\"";
        try (LocalAppAt app = LocalAppAt.start(LAPTOP, 8191, "local")) {
            LAPTOP.run(
                            "sh",
                            "-c",
                            "LC_ALL=C " + Project.binary()
                                    + " intercept viewed --port 8191:http --mount=false --http-header " + typed)
                    .ok();
            assertTrue(LAPTOP.run("sh", "-c", "curl -sS -m 20 http://viewed/ -H " + typed)
                    .stdout()
                    .contains("local"));
            assertFalse(LAPTOP.curl("-H", "x-user: jurgen", "http://viewed/")
                    .stdout()
                    .contains("local"));
            LAPTOP.telepresence("leave", "viewed");
        }
    }

    /** Each file can be read by its owner only. */
    @Test
    void eachContainersFilesAreReadAsItsOwnUser() {
        Map<String, String> others = Map.of("one", "two", "two", "one");
        others.forEach((container, other) -> {
            Path mount = Laptop.home().resolve("users-" + container);
            LAPTOP.telepresence(
                            "ingest",
                            "two-users",
                            "--container",
                            container,
                            "--mount",
                            mount.toString(),
                            "--",
                            "sh",
                            "-c",
                            "cat " + mount + "/d/" + container + "; cat " + mount + "/d/" + other + " 2>&1 || true")
                    .ok()
                    .says("\n" + container + "\n")
                    .says("Permission denied")
                    .saysNot("are read as user");
        });
    }

    /** As a database's files are, which an image that begins as root gives to its own user. */
    @Test
    void rootReadsAndWritesWhosesoeverFiles() {
        Path mount = Laptop.home().resolve("root-of-all");
        String folder = mount + "/d/private/";
        LAPTOP.telepresence(
                        "replace",
                        "root-of-all",
                        "--mount",
                        mount.toString(),
                        "--",
                        "sh",
                        "-c",
                        "cat " + folder + "file; echo more >>" + folder + "file && cat " + folder + "file")
                .ok()
                .says("\nmine\nmine\nmore\n");
    }

    @Test
    void portsAreToldApartAndFiltersAreNotSilentlyDead() {
        LAPTOP.telepresence("intercept", "viewed", "--port", "5353:53", "--mount=false")
                .failed()
                .says("53/TCP");
        LAPTOP.telepresence("intercept", "viewed", "--port", "5353:53/udp", "--mount=false")
                .ok();
        LAPTOP.telepresence("leave", "viewed");
        LAPTOP.telepresence("intercept", "viewed", "--port", "5353:tcp", "--mount=false", "--http-header", "a=b")
                .failed()
                .says("HTTP filters do not work on port 8082");
    }
}

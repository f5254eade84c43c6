package io.telepresence.e2e.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What an engagement may span: ports, namespaces, proxies, volumes, pods made by hand; and what list tells of it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class ScopeCases {
    private final Mode mode;
    private LocalAppAt web;
    private LocalAppAt admin;

    public ScopeCases(Mode mode) {
        this.mode = mode;
    }

    @BeforeAll
    public void connect() {
        mode.connect().ok();
        web = mode.app(8131, "web");
        admin = mode.app(8132, "admin");
    }

    @AfterAll
    public void quit() {
        web.close();
        admin.close();
        mode.quit();
    }

    @AfterEach
    public void leaveAll() {
        for (String name : new String[] {"both", "mine", "tap", "example-app", "policies", "by-hand"}) {
            mode.telepresence("leave", name);
        }
    }

    @Test
    public void severalServicePortsInOneIntercept() {
        mode.telepresence(
                        "intercept",
                        "both",
                        "--workload",
                        "shop",
                        "--port",
                        "8131:http",
                        "--port",
                        "8132:admin",
                        "--mount=false")
                .ok()
                .says("80 -> 8131 TCP")
                .says("81 -> 8132 TCP");
        assertEquals("web GET /\n", Cluster.fromPod("http://shop/").ok().stdout());
        assertEquals("admin GET /\n", Cluster.fromPod("http://shop:81/").ok().stdout());
        mode.telepresence("leave", "both").ok();
        Cluster.fromPod("http://shop/").ok().says("shop-");
        Cluster.fromPod("http://shop:81/").ok().says("shop-");
    }

    @Test
    public void severalServicePortsInOneWiretap() {
        mode.telepresence(
                        "wiretap",
                        "both",
                        "--workload",
                        "shop",
                        "--service",
                        "shop",
                        "--port",
                        "8131:http",
                        "--port",
                        "8132:admin",
                        "--http-path-prefix",
                        "/tapped",
                        "--mount=false")
                .ok();
        Cluster.fromPod("http://shop/not").ok().says("shop-");
        Cluster.fromPod("http://shop/tapped/1").ok().says("shop-");
        Cluster.fromPod("http://shop:81/tapped/2").ok().says("shop-");
        Shell.await(
                "both copies",
                Duration.ofSeconds(30),
                () -> read(web.log()).contains("GET /tapped/1")
                        && read(admin.log()).contains("GET /tapped/2"));
        assertFalse(read(web.log()).contains("/not"));
    }

    @Test
    public void anotherNamespaceThanTheConnectedOne() {
        mode.telepresence(
                        "intercept",
                        "mine",
                        "--workload",
                        "echo",
                        "--namespace",
                        "other",
                        "--port",
                        "8131:http",
                        "--mount=false")
                .ok()
                .says("intercepted");
        assertEquals("web GET /\n", Cluster.fromPod("http://echo.other/").ok().stdout());
        // The namesake in the connected namespace is another one.
        Cluster.fromPod("http://echo/").ok().says("Service: echo\n");
        mode.telepresence("list", "--namespace", "other").ok().says("intercepted");
        mode.telepresence("leave", "mine").ok();
        Cluster.fromPod("http://echo.other/").ok().says("Service: echo.other");
    }

    /** Calls from outside come through a proxy, with the headers that the caller sent. */
    @Test
    public void throughAnIngress() {
        mode.telepresence(
                        "intercept",
                        "mine",
                        "--workload",
                        "shop",
                        "--port",
                        "8131:http",
                        "--http-header",
                        "x-user=me",
                        "--mount=false")
                .ok();
        String url = "http://" + Cluster.serviceIp("web") + "/shop/a";
        for (int i = 0; i < 10; i++) {
            assertEquals("web GET /a\n", fromNode(url, "x-user: me"));
            assertTrue(fromNode(url, "x-user: you").contains("Service: shop-web"));
        }
    }

    @Test
    public void listShowsWhatIsAskedFor() {
        mode.telepresence("intercept", "mine", "--workload", "shop", "--port", "8131:http", "--mount=false")
                .ok();
        mode.telepresence("wiretap", "tap", "--workload", "web", "--port", "8132:http", "--mount=false")
                .ok();
        mode.telepresence("ingest", "example-app", "--mount=false").ok();
        assertEquals("shop", listed("--intercepts"));
        assertEquals("shop", listed("-i"));
        assertEquals("web", listed("-t"));
        assertEquals("example-app", listed("-g"));
        assertEquals("", listed("-r"));
        assertEquals("example-app shop", listed("-i", "-g"));
        List<String> agents = List.of(listed("-a").split(" "));
        assertTrue(agents.containsAll(List.of("example-app", "shop", "web")), agents::toString);
        mode.telepresence("list", "-i", "--debug").ok().says("mine").says("8131");
        mode.telepresence("list", "-i", "--output", "yaml").ok().says("disposition: ACTIVE");
        mode.telepresence("leave", "mine").ok();
        assertEquals("", listed("-i"));
    }

    private String listed(String... filters) {
        return mode.telepresence(Shell.join(List.of("list"), filters).toArray(String[]::new))
                .ok()
                .stdout()
                .lines()
                .map(l -> l.split("[ :]+"))
                .filter(w -> w[0].equals("deployment"))
                .map(w -> w[1])
                .sorted()
                .collect(Collectors.joining(" "));
    }

    @Test
    public void mountPoliciesOfAPod() throws IOException {
        Path manifest = workload(
                "policies",
                """
                telepresence.io/mount-policies: '{"hidden": "Ignore", "/locked": "RemoteReadOnly", "own": "Local"}'""",
                """
                        volumeMounts:
                        - {name: hidden, mountPath: /hidden}
                        - {name: locked, mountPath: /locked}
                        - {name: own, mountPath: /own}
                        - {name: open, mountPath: /open}
                        - {name: more, mountPath: /more}
                      volumes:
                      - {name: hidden, emptyDir: {}}
                      - {name: locked, emptyDir: {}}
                      - {name: own, emptyDir: {}}
                      - {name: open, emptyDir: {}}
                      - {name: more, emptyDir: {}}
                """);
        try (Mode.Engaged engaged = mode.engage(8133, "policies", "intercept", "policies", "--port", "8133:http")) {
            engaged.sh("echo x > $ROOT/open/x").ok();
            engaged.sh("echo x > $ROOT/locked/x").failed();
            engaged.sh("ls $ROOT/locked").ok();
            engaged.sh("ls $ROOT/hidden").failed();
            engaged.sh("ls $ROOT/own").failed();
            // Two volumes are two file systems.
            engaged.sh("mv $ROOT/open/x $ROOT/more/y").ok();
            assertEquals("x\n", engaged.sh("cat $ROOT/more/y").ok().stdout());
            engaged.sh("ls $ROOT/open/x").failed();
        } finally {
            mode.telepresence("leave", "policies");
            Cluster.kubectl("delete", "--wait=false", "-f", manifest.toString());
        }
    }

    /** The agent is in the pod template; nothing injects it, and no pod is replaced. */
    @Test
    public void aPodThatWasMadeByHand() throws IOException {
        Path manifest = workload("by-hand", "made: by-hand", "");
        Path config = mode.home().resolve("by-hand-agent.yaml");
        try {
            mode.telepresence("genyaml", "config", "--workload", "by-hand", "--output", config.toString())
                    .ok();
            String patch = "spec:\n  template:\n    metadata:\n      annotations:\n"
                    + block("annotations", config, 8)
                    + "    spec:\n      initContainers:\n" + item("initcontainer", config)
                    + "      containers:\n" + item("container", config)
                    + "      volumes:\n" + block("volume", config, 6);
            Path file = Files.writeString(Laptop.home().resolve("by-hand-patch.yaml"), patch);
            Cluster.kubectl("patch", "deployment", "by-hand", "--patch", Files.readString(file))
                    .ok();
            Cluster.kubectl("rollout", "status", "deployment/by-hand", "--timeout=60s")
                    .ok();
            Shell.await("the agent has arrived", Duration.ofSeconds(60), () -> List.of(
                            listed("-a").split(" "))
                    .contains("by-hand"));
            // The rollout is through before calls have ceased to go to the old pod.
            Shell.await(
                    "the old pod is gone",
                    Duration.ofSeconds(60),
                    () -> Cluster.kubectl("get", "pods", "-l", "app=by-hand", "-o", "name")
                                    .ok()
                                    .stdout()
                                    .lines()
                                    .count()
                            == 1);
            List<String> before = pods();
            assertEquals(1, before.size(), before::toString);
            mode.telepresence("intercept", "by-hand", "--port", "8131:80", "--mount=false")
                    .ok();
            assertEquals("web GET /\n", Cluster.fromPod("http://by-hand/").ok().stdout());
            mode.telepresence("leave", "by-hand").ok();
            Cluster.fromPod("http://by-hand/").ok().says("by-hand-");
            assertEquals(before, pods());
        } finally {
            mode.telepresence("leave", "by-hand");
            Cluster.kubectl("delete", "--wait=false", "-f", manifest.toString());
        }
    }

    /** Those that are to stay: one that ends still counts as running until its containers have ended. */
    private static List<String> pods() {
        return Cluster.kubectl(
                        "get",
                        "pods",
                        "-l",
                        "app=by-hand",
                        "--no-headers",
                        "-o",
                        "custom-columns=N:.metadata.name,D:.metadata.deletionTimestamp")
                .ok()
                .stdout()
                .lines()
                .filter(line -> line.endsWith("<none>"))
                .toList();
    }

    private String block(String part, Path config, int indent) {
        String yaml = mode.telepresence("genyaml", part, "--agent", config.toString())
                .ok()
                .stdout();
        return yaml.replaceFirst("^---\n", "").indent(indent);
    }

    private String item(String part, Path config) {
        String block = block(part, config, 8);
        return "      - " + block.substring(8);
    }

    private static Path workload(String name, String annotation, String more) throws IOException {
        String manifest =
                """
                apiVersion: v1
                kind: Service
                metadata: {name: NAME}
                spec: {selector: {app: NAME}, ports: [{name: http, port: 80, targetPort: 8080}]}
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: NAME}
                spec:
                  selector: {matchLabels: {app: NAME}}
                  template:
                    metadata:
                      labels: {app: NAME}
                      annotations:
                        ANNOTATION
                    spec:
                      terminationGracePeriodSeconds: 1
                      containers:
                      - name: echo
                        image: localhost/echo:1
                        imagePullPolicy: Never
                        command: [/echo]
                        env: [{name: PORT, value: "8080"}, {name: NAME, value: NAME}]
                """
                                .replace("ANNOTATION", annotation)
                                .replace("{name: NAME, value: NAME}", "{name: NAME_, value: NAME}")
                                .replace("NAME_", "@")
                                .replace("NAME", name)
                                .replace("@", "NAME")
                        + more;
        Path file = Files.writeString(Laptop.home().resolve(name + ".yaml"), manifest);
        Cluster.kubectl("apply", "-f", file.toString()).ok();
        Cluster.kubectl("rollout", "status", "deployment/" + name, "--timeout=60s")
                .ok();
        return file;
    }

    private static String fromNode(String url, String header) {
        return Cluster.onNode(Shell.LIMIT, "curl", "-sS", "-m", "15", "-H", header, url)
                .ok()
                .stdout();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}

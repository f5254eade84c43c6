package io.telepresence.e2e.manage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.telepresence.e2e.apps.JavaProgram;
import io.telepresence.e2e.apps.LocalApp;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The product beside real neighbours of {@code scripts/cluster add}: each is added for its test, and goes at the end. */
@ExtendWith(Session.class)
class NeighboursIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Laptop ADMIN = new Laptop("admin");
    private static final List<String> ADDED = new ArrayList<>();
    private static Process app;

    @BeforeAll
    static void startApp() {
        app = JavaProgram.of(LocalApp.class)
                .onLaptop(
                        LAPTOP,
                        8160,
                        "8160",
                        "laptop",
                        Laptop.home().resolve("neighbours.log").toString());
    }

    @AfterEach
    void leave() {
        LAPTOP.telepresence("leave", "mine");
        LAPTOP.telepresence("uninstall", "echo");
        LAPTOP.telepresence("quit", "-s");
    }

    @AfterAll
    static void removeNeighbours() {
        app.destroy();
        ADDED.forEach(name -> Cluster.script("remove", name).ok());
    }

    /** The first time, it is built. */
    private static void add(String name) {
        Result added = Cluster.BACKEND.script(Duration.ofMinutes(30), "add", name);
        assumeFalse(added.stderr().contains("add: no " + name + " with Kubernetes"), added::stderr);
        added.ok();
        ADDED.add(name);
    }

    private static Result intercept(String... more) {
        return LAPTOP.telepresence(Shell.join(
                        List.of("intercept", "mine", "--workload", "echo", "--port", "8160:http", "--mount=false"),
                        more)
                .toArray(String[]::new));
    }

    private static void apply(String yaml) throws IOException {
        Path file = Files.writeString(Laptop.home().resolve("neighbours.yaml"), yaml);
        Cluster.kubectl("apply", "-f", file.toString()).ok();
    }

    @Test
    void imagesThatAreInARegistryWithAPassword() {
        add("registry");
        String local = managerImage();
        String registry = environment("TEST_REGISTRY") + "/telepresence";
        for (String name : new String[] {"traffic-manager", "traffic-agent"}) {
            String tar = Cluster.images().resolve(name + ".tar").toString();
            String image = registry + "/" + name + local.substring(local.lastIndexOf(':'));
            LAPTOP.run(Duration.ofSeconds(180), "crane", "push", tar, image).ok();
            // Another image: what kubelet has pulled with a secret, it gives to nobody without, under whatever name.
            LAPTOP.run("crane", "mutate", image, "--label", "pushed=yes", "--tag", image)
                    .ok();
        }
        pullSecret("ambassador");
        pullSecret("default");
        try {
            upgrade(registry, "Always", "[{\"name\":\"registry\"}]");
            assertTrue(managerImage().startsWith(registry), NeighboursIT::managerImage);
            LAPTOP.telepresence("connect").ok();
            intercept().ok();
            assertEquals("laptop GET /\n", Cluster.fromPod("http://echo/").ok().stdout());
            Cluster.kubectl(
                            "get",
                            "pods",
                            "-l",
                            "app=echo",
                            "-o",
                            "jsonpath={.items[*].spec['containers','initContainers'][*].image}")
                    .ok()
                    .says(registry + "/traffic-agent:");
        } finally {
            leave();
            upgrade(local.substring(0, local.lastIndexOf('/')), "IfNotPresent", "[]");
            Cluster.kubectl("-n", "ambassador", "delete", "secret", "registry").ok();
            Cluster.kubectl("-n", "default", "delete", "secret", "registry").ok();
        }
    }

    private static String managerImage() {
        return Cluster.kubectl(
                        "-n",
                        "ambassador",
                        "get",
                        "statefulset/traffic-manager",
                        "-o",
                        "jsonpath={.spec.template.spec.containers[0].image}")
                .ok()
                .stdout();
    }

    private static void pullSecret(String namespace) {
        Cluster.kubectl(
                        "-n",
                        namespace,
                        "create",
                        "secret",
                        "generic",
                        "registry",
                        "--type=kubernetes.io/dockerconfigjson",
                        "--from-file=.dockerconfigjson=" + environment("TEST_REGISTRY_LOGIN"))
                .ok();
    }

    private static void upgrade(String registry, String policy, String secrets) {
        ADMIN.run(
                        Duration.ofSeconds(180),
                        Laptop.command(
                                "helm",
                                "upgrade",
                                "--reuse-values",
                                "--set",
                                "image.registry=" + registry + ",image.pullPolicy=" + policy,
                                "--set-json",
                                "image.imagePullSecrets=" + secrets,
                                "--set-json",
                                "agent.image.pullSecrets=" + secrets))
                .ok();
        Cluster.kubectl("-n", "ambassador", "rollout", "status", "statefulset/traffic-manager", "--timeout=120s")
                .ok();
        ADMIN.telepresence("quit", "-s");
    }

    private static String environment(String name) {
        return Cluster.script("env")
                .ok()
                .stdout()
                .lines()
                .filter(line -> line.startsWith(name + "="))
                .findFirst()
                .orElseThrow()
                .substring(name.length() + 1);
    }

    /** A namespace where nothing may be called and nobody may call, but for what docs/security.md says we need. */
    @Test
    void policiesThatDenyWhatTheyDoNotName() throws IOException {
        add("network-policies");
        try {
            apply(POLICIES);
            Shell.await(
                    "nobody reaches echo",
                    Duration.ofSeconds(30),
                    () -> Cluster.fromPod("http://echo/").exitCode() != 0);
            LAPTOP.telepresence("connect").ok();
            assertTrue(LAPTOP.run("curl", "-sS", "-m", "5", "http://echo/").exitCode() != 0, "the manager is nobody");
            apply(ALLOWED);
            Shell.await(
                    "the caller reaches echo",
                    Duration.ofSeconds(30),
                    () -> Cluster.fromPod("http://echo/").exitCode() == 0);
            LAPTOP.curl("http://echo/").ok().says("echo-");
            intercept().ok();
            assertEquals("laptop GET /\n", Cluster.fromPod("http://echo/").ok().stdout());
            assertEquals("laptop GET /\n", LAPTOP.curl("http://echo/").ok().stdout());
        } finally {
            Cluster.kubectl("delete", "networkpolicy", "--all").ok();
        }
    }

    private static final String POLICIES =
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: echo-nothing, namespace: default}
            spec: {podSelector: {matchLabels: {app: echo}}, policyTypes: [Ingress, Egress]}
            """;

    private static final String ALLOWED =
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: echo-callers, namespace: default}
            spec:
              podSelector: {matchLabels: {app: echo}}
              policyTypes: [Ingress]
              ingress:
              - from:
                - {podSelector: {}}
                - {namespaceSelector: {}, podSelector: {matchLabels: {app: traffic-manager}}}
                ports: [{port: http}]
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: echo-agent, namespace: default}
            spec:
              podSelector: {matchLabels: {app: echo}}
              policyTypes: [Egress]
              egress:
              - to: [{namespaceSelector: {}, podSelector: {matchLabels: {app: traffic-manager}}}]
                ports: [{port: 8081}]
              - to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]
                ports: [{port: 53}, {port: 53, protocol: UDP}]
            """;

    @Test
    void requestsThatComeThroughAnIngress() throws IOException {
        add("ingress");
        apply(
                """
                apiVersion: networking.k8s.io/v1
                kind: Ingress
                metadata: {name: echo, namespace: default}
                spec:
                  rules:
                  - host: echo.example.test
                    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: echo, port: {name: http}}}}]}
                """);
        try {
            Shell.await("the ingress leads to echo", Duration.ofSeconds(30), () -> throughIngress()
                    .stdout()
                    .contains("echo-"));
            LAPTOP.telepresence("connect").ok();
            intercept("--http-header", "x-user=me").ok();
            assertEquals(
                    "laptop GET /\n", throughIngress("-H", "x-user: me").ok().stdout());
            throughIngress().ok().says("echo-");
            throughIngress("-H", "x-user: you").ok().says("echo-");
            LAPTOP.telepresence("leave", "mine").ok();
            throughIngress("-H", "x-user: me").ok().says("echo-");
        } finally {
            Cluster.kubectl("delete", "ingress", "echo").ok();
        }
    }

    /** Through the second node, where echo may or may not be. */
    private static Result throughIngress(String... more) {
        return LAPTOP.curl(
                Shell.join(List.of("--resolve", "echo.example.test:80:198.18.12.2", "http://echo.example.test/"), more)
                        .toArray(String[]::new));
    }

    /** Not served, and said so; beside it everything works. */
    @Test
    void aRolloutIsNotEngaged() throws IOException {
        add("argo-rollouts");
        apply(
                """
                apiVersion: argoproj.io/v1alpha1
                kind: Rollout
                metadata: {name: canary, namespace: default}
                spec:
                  replicas: 1
                  selector: {matchLabels: {app: canary}}
                  strategy: {canary: {}}
                  template:
                    metadata: {labels: {app: canary}}
                    spec:
                      containers:
                      - name: echo
                        image: localhost/echo:1
                        imagePullPolicy: Never
                        command: [/echo]
                        env: [{name: PORT, value: "8080"}, {name: NAME, value: canary}]
                        ports: [{name: http, containerPort: 8080}]
                """);
        try {
            Shell.await("the Rollout is healthy", Duration.ofSeconds(90), () -> Cluster.kubectl(
                            "get", "rollout", "canary", "-o", "jsonpath={.status.phase}")
                    .stdout()
                    .equals("Healthy"));
            LAPTOP.telepresence("connect").ok();
            LAPTOP.telepresence("intercept", "canary", "--port", "8160")
                    .failed()
                    .says("canary");
            intercept().ok();
            assertEquals("laptop GET /\n", Cluster.fromPod("http://echo/").ok().stdout());
        } finally {
            Cluster.kubectl("delete", "rollout", "canary").ok();
        }
    }
}

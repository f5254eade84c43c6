package io.telepresence.e2e.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.engage.GuideCases;
import io.telepresence.e2e.engage.Mode;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.ClusterEnv;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The guide's section about Docker, typed by a developer without root: nothing of the laptop but Docker is used. */
@ExtendWith(DockerSession.class)
class DockerGuideIT extends GuideCases {
    private static final String ECHO = "localhost/echo:1";
    private static final String TOOLS = "localhost/tools:1";
    private static final Laptop LAPTOP = new Laptop("developer");

    DockerGuideIT() {
        super(new InContainers());
    }

    @Override
    public String replaced(Mode.Engaged engaged) {
        return """
                Using Deployment example-app
                Container name: echo-server
                State         : ACTIVE
                Workload kind : Deployment
                Port forwards : POD -> 127.0.0.1
                    8080 -> 8080 TCP
                """;
    }

    @Override
    public String ingested(Mode.Engaged engaged) {
        return """
                Using Deployment example-app
                   Container name: echo-server
                   Workload kind : Deployment
                """;
    }

    @AfterEach
    void leaveEcho() {
        DockerUser.telepresence("leave", "example-app");
        DockerUser.telepresence("leave", "echo");
        DockerUser.awaitOnlyTheDaemon();
    }

    @Test
    void connectSaysWhatItDoes() {
        DockerUser.telepresence("quit", "-s").ok();
        DockerUser.telepresence("connect", "--docker")
                .ok()
                .says("Launching Telepresence User Daemon\nConnected to context test-cluster, namespace default" + " ("
                        + ClusterEnv.apiServer() + ")\n");
    }

    @Test
    void curlAndList() {
        Result denied = DockerUser.telepresence("curl", "-ik", "https://kubernetes.default")
                .ok();
        assertTrue(denied.stdout().matches("(?s)HTTP/[0-9.]+ 40[13].*"), denied::describe);
        DockerUser.telepresence("list").ok().says("deployment example-app  : ready to engage (traffic-agent ");
        // Exit codes and all arguments are curl's own.
        assertEquals(
                6,
                DockerUser.telepresence("curl", "-sS", "http://no-such.example.test")
                        .exitCode());
        DockerUser.telepresence("curl", "--version").ok().says("curl 7");
        for (String name : List.of("echo", "echo.default", "echo.default.svc", "echo.default.svc.cluster.local")) {
            DockerUser.telepresence("curl", "-sS", "-m", "10", "http://" + name)
                    .ok()
                    .says("Service: echo");
        }
        DockerUser.telepresence("curl", "-sS", "-m", "10", "http://public.example.test")
                .ok()
                .says("public-web");
    }

    @Test
    void replaceWithAnUnmodifiedImage() throws Exception {
        try (HandlerAt handler = HandlerAt.start(
                "replace",
                "example-app",
                "--container",
                "echo-server",
                "--docker-run",
                "--",
                "-e",
                "NAME=local",
                "-e",
                "PORT=8080",
                ECHO,
                "/echo")) {
            handler.await("8080 -> 8080 TCP");
            assertEquals(
                    """
                    Using Deployment example-app
                    Container name: echo-server
                    State         : ACTIVE
                    Workload kind : Deployment
                    Port forwards : 127.0.0.1 -> 127.0.0.1
                        8080 -> 8080 TCP
                    """,
                    Files.readString(handler.out()));
            Shell.await(
                    "the local container answers",
                    Duration.ofSeconds(30),
                    () -> Cluster.fromPod("http://example-app/").stdout().contains("Service: local"));
            String name = "intercept-example-app";
            in(name, "env")
                    .ok()
                    .says("GREETING=hello\n")
                    .says("DB_PASSWORD=p$ss 'word'\n")
                    .says("TELEPRESENCE_ROOT=/\n");
            in(name, "cat /etc/settings/* /etc/secret/*; cat /var/run/secrets/kubernetes.io/serviceaccount/namespace")
                    .ok()
                    .says("default");
            in(name, "echo from-the-laptop > /data/x && cat /data/x").ok().says("from-the-laptop");
            DockerUser.telepresence("leave", "example-app", "--container", "echo-server")
                    .ok();
            handler.ended(Duration.ofSeconds(60));
        }
        Cluster.fromPod("http://example-app/").ok().says("Service: example-app");
        assertEquals(List.of(DockerUser.DAEMON), DockerUser.containers());
    }

    @Test
    void interceptWhoseProgramListensOnItsLoopback() {
        try (HandlerAt handler = HandlerAt.start(
                "intercept",
                "echo",
                "--port",
                "8080:http",
                "--docker-run",
                "--",
                TOOLS,
                "sh",
                "-c",
                "mkdir /tmp/w; echo from the container > /tmp/w/index.html; exec httpd -f -p 127.0.0.1:8080 -h"
                        + " /tmp/w")) {
            handler.await("Intercepting  : all TCP connections");
            assertTrue(handler.printed().contains("  Destination   : 127.0.0.1:8080\n"), handler::printed);
            Shell.await("the container answers", Duration.ofSeconds(30), () -> Cluster.fromPod("http://echo/")
                    .stdout()
                    .equals("from the container\n"));
            DockerUser.telepresence("list").ok().says("intercepted");
        }
        // The command was ended by a signal: the engagement is over and its containers are gone.
        Shell.await("the cluster answers", Duration.ofSeconds(20), () -> Cluster.fromPod("http://echo/")
                .stdout()
                .contains("Service: echo"));
    }

    @Test
    void ingestIsReadOnlyAndTheExitCodeComesBack() {
        Result run = DockerUser.telepresence(
                "ingest",
                "example-app",
                "--container",
                "echo-server",
                "--docker-run",
                "--",
                "--entrypoint",
                "sh",
                TOOLS,
                "-c",
                "cat /etc/settings/*; touch /data/no || echo refused; exit 7");
        assertEquals(7, run.exitCode(), run::describe);
        run.says("Container name: echo-server").says("refused").saysNot("Port forwards");
    }

    @Test
    void wiretapCopiesComeToTheContainer() {
        try (HandlerAt handler = HandlerAt.start(
                "wiretap",
                "echo",
                "--port",
                "8080:http",
                "--mount=false",
                "--docker-run",
                "--",
                "-e",
                "NAME=tap",
                "-e",
                "PORT=8080",
                ECHO,
                "/echo")) {
            handler.await("Intercepting  : all TCP connections");
            Shell.await("a copy came", Duration.ofSeconds(30), () -> {
                Cluster.fromPod("http://echo/").ok().says("Service: echo");
                return DockerUser.telepresence("list").stdout().matches("(?s).*Copies +: [1-9].*");
            });
        }
    }

    @Test
    void dockerBuildPublishesPortsAndPassesInput() throws Exception {
        built("0").says("built for me").says("Intercept name: echo");
        Result typed = DockerUser.run(
                "sh",
                "-c",
                "echo typed | " + String.join(" ", Laptop.command("docker-run", "-i", "--rm", TOOLS, "cat")));
        assertEquals("typed\n", typed.ok().stdout());
        try (HandlerAt handler = HandlerAt.start(
                "docker-run", "-p", "127.0.0.1:18081:8080", "--name", "published", "-e", "PORT=8080", ECHO, "/echo")) {
            Shell.await(
                    "the published port answers",
                    Duration.ofSeconds(20),
                    () -> LAPTOP.curl("http://127.0.0.1:18081/").stdout().contains("Request served by"));
            // By its name from the connection's other containers, and it reaches the cluster.
            DockerUser.telepresence("docker-run", TOOLS, "curl", "-sS", "-m", "10", "http://published:8080/")
                    .ok()
                    .says("Request served by");
            in("published", "wget -qO- http://echo").ok().says("Service: echo");
            handler.process().destroy();
            handler.ended(Duration.ofSeconds(60));
        }
    }

    /** Its progress is not among what the command prints. */
    @Test
    void buildKitBuildsTheImageToo() {
        Result built = built("1").says("[internal] load build definition from Dockerfile");
        assertEquals(
                """
                Using Deployment echo
                intercepted
                  Intercept name: echo
                  State         : ACTIVE
                  Workload kind : Deployment
                  Destination   : 127.0.0.1:8080
                  Intercepting  : all TCP connections
                built for me
                """,
                built.stdout());
    }

    @Test
    void portsOfThePod() {
        DockerUser.telepresence(
                        "ingest",
                        "shop",
                        "--container",
                        "web",
                        "--to-pod",
                        "9090",
                        "--docker-run",
                        "--",
                        "--entrypoint",
                        "sh",
                        TOOLS,
                        "-c",
                        "curl -sS -m 10 http://127.0.0.1:9090/")
                .ok()
                .says("Service: ");
    }

    @Test
    void theVolumesMayLieElsewhere() {
        DockerUser.telepresence(
                        "ingest",
                        "example-app",
                        "--docker-mount",
                        "/remote",
                        "--docker-run",
                        "--",
                        "--entrypoint",
                        "sh",
                        TOOLS,
                        "-c",
                        "echo $TELEPRESENCE_ROOT; ls /remote/etc/settings; ls /etc/settings")
                .says("/remote\n")
                .says("No such file");
    }

    /** @param buildKit whether the engine's new builder is to be used: 0 or 1 */
    private static Result built(String buildKit) {
        Path context = DockerUser.home().resolve("build");
        DockerUser.run(
                        "sh",
                        "-c",
                        "mkdir -p " + context + " && printf 'FROM " + TOOLS
                                + "\\nARG WHO\\nENV WHO=$WHO\\nENTRYPOINT [\"sh\", \"-c\"]\\n' > " + context
                                + "/Dockerfile")
                .ok();
        List<String> command = Shell.join(DockerUser.withBuilder(buildKit), Laptop.command("intercept"));
        return DockerUser.run(Shell.join(
                                command,
                                "echo",
                                "--port",
                                "8080:http",
                                "--docker-build",
                                context.toString(),
                                "--docker-build-opt",
                                "build-arg=WHO=me",
                                "--",
                                "IMAGE",
                                "echo built for $WHO")
                        .toArray(String[]::new))
                .ok();
    }

    private static Result in(String container, String script) {
        return DockerUser.docker("exec", container, "/bin/busybox", "sh", "-c", script);
    }
}

package io.telepresence.e2e.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.ClusterEnv;
import io.telepresence.e2e.harness.HostState;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Connections in containers: several at once, how they begin and end, what is left when something is killed. */
@ExtendWith(DockerSession.class)
class DockerConnectionsIT {
    private static final String ECHO = "localhost/echo:1";
    private static final String TOOLS = "localhost/tools:1";
    private static final Laptop LAPTOP = new Laptop("developer");

    @AfterEach
    void quit() {
        DockerUser.telepresence("quit", "-s").ok();
        assertEquals(List.of(), DockerUser.containers());
        assertEquals(
                "",
                DockerUser.docker("network", "ls", "-q", "--filter", "name=tp-")
                        .ok()
                        .stdout());
    }

    @Test
    void onlyDockersOwnThingsAreOnTheLaptop() {
        // What the engine sets up for the first network with IPv6 stays as long as the engine.
        DockerUser.run("docker", "network", "create", "--ipv6", "--subnet", "fd5a:1e00:dd::/64", "first")
                .ok();
        DockerUser.run("docker", "run", "--rm", "--network", "first", TOOLS, "true")
                .ok();
        DockerUser.run("docker", "network", "rm", "first").ok();
        // Docker takes a container's link away after the command that ended it has returned.
        Pattern link = Pattern.compile("\\bveth[0-9a-f]{7}\\b");
        Shell.await("no container is linked", Duration.ofSeconds(20), () -> !link.matcher(everything())
                .find());
        String before = withoutDocker();
        String all = everything();
        DockerUser.telepresence("connect", "--docker").ok();
        try (HandlerAt handler =
                HandlerAt.start("replace", "example-app", "--docker-run", "--", "-e", "PORT=8080", ECHO, "/echo")) {
            handler.await("Port forwards");
            assertEquals(before, withoutDocker());
        }
        DockerUser.telepresence("quit", "-s").ok();
        assertEquals(all, everything());
    }

    @Test
    void severalAtOnceBesideOneOnTheLaptop() {
        LAPTOP.telepresence("connect").ok();
        try {
            DockerUser.telepresence("connect", "--docker", "--name", "one", "--hostname", "first")
                    .ok();
            DockerUser.telepresence("connect", "--docker", "--name", "two", "--namespace", "other")
                    .ok();
            DockerUser.telepresence("list")
                    .failed()
                    .says("multiple daemons are running (one, two). Please select one using the --use <match> flag");
            DockerUser.telepresence("--use", "nothing", "list")
                    .failed()
                    .says("no connection matches --use \"nothing\"");
            DockerUser.telepresence("list", "--use", "one").ok().says("example-app");
            DockerUser.telepresence("list", "--use", "two").ok().says("echo").saysNot("example-app");
            DockerUser.telepresence("status")
                    .ok()
                    .says("Daemon one: Running")
                    .says("Daemon two: Running")
                    .says("first");
            DockerUser.telepresence("status", "--output", "json")
                    .ok()
                    .says("\"connections\"")
                    .says("\"in_docker\":true");
            String one = ask("one", "http://echo");
            String two = ask("two", "http://echo");
            assertTrue(!one.equals(two), one);
            assertEquals(two, ask("one", "http://echo.other"));
            LAPTOP.curl("http://echo").ok().says("Service: echo");
            DockerUser.telepresence("--use", "one", "quit").ok().says("Disconnected");
            DockerUser.telepresence("list").ok().saysNot("example-app");
        } finally {
            LAPTOP.telepresence("quit", "-s").ok();
        }
    }

    @Test
    void aContainerBesideADaemonOnTheLaptop() {
        LAPTOP.telepresence("connect").ok();
        Process handler = LAPTOP.start(Laptop.command(
                "replace",
                "example-app",
                "--port",
                "18086:8080:http",
                "--docker-run",
                "--",
                "--name",
                "beside",
                "-e",
                "NAME=beside",
                "-e",
                "PORT=8080",
                ECHO,
                "/echo"));
        try {
            Shell.await(
                    "the container answers the cluster",
                    Duration.ofSeconds(60),
                    () -> Cluster.fromPod("http://example-app/").stdout().contains("Service: beside"));
            LAPTOP.curl("http://127.0.0.1:18086/").ok().says("Service: beside");
            LAPTOP.run("docker", "exec", "beside", "/bin/busybox", "sh", "-c", "cat /etc/settings/*; env")
                    .ok()
                    .says("GREETING=hello");
        } finally {
            LAPTOP.telepresence("leave", "example-app");
            handler.destroy();
            LAPTOP.telepresence("quit", "-s").ok();
        }
        Shell.await("its containers are gone", Duration.ofSeconds(20), () -> DockerUser.containers()
                .isEmpty());
    }

    @Test
    void theSameAgainAnotherClusterAndOtherPorts() {
        DockerUser.telepresence("connect", "--docker", "--expose", "127.0.0.1:18090:18090")
                .ok();
        DockerUser.telepresence("connect", "--docker", "--expose", "127.0.0.1:18090:18090")
                .ok()
                .saysNot("Launching");
        DockerUser.telepresence("connect", "--docker").failed().says("exposed ports differ. Please quit and reconnect");
        DockerUser.telepresence(
                        "connect", "--docker", "--expose", "127.0.0.1:18090:18090", "--never-proxy", "192.0.2.0/24")
                .failed()
                .says("already connected, with never-proxy (none), not 192.0.2.0/24");
        // A port that the daemon's container exposes belongs to whoever shares its network.
        try (HandlerAt shared = new HandlerAt(
                DockerUser.start(
                        log("shared.out"),
                        log("shared.err"),
                        "docker",
                        "run",
                        "--rm",
                        "--network",
                        "container:" + DockerUser.DAEMON,
                        "-e",
                        "PORT=18090",
                        ECHO,
                        "/echo"),
                log("shared.out"),
                log("shared.err"))) {
            Shell.await("the exposed port answers", Duration.ofSeconds(20), () -> LAPTOP.curl("http://127.0.0.1:18090/")
                    .stdout()
                    .contains("Request served by"));
            DockerUser.docker(
                            "kill",
                            DockerUser.docker("ps", "-q", "--filter", "ancestor=" + ECHO)
                                    .stdout()
                                    .strip())
                    .ok();
            shared.ended(Duration.ofSeconds(60));
        }
        assertEquals(
                3,
                DockerUser.run(Laptop.command(
                                "connect", "--docker", "--expose", "127.0.0.1:18090:18090", "--", "sh", "-c", "exit 3"))
                        .exitCode());
        DockerUser.telepresence("status").ok().says("Status            : Connected");
    }

    @Test
    void theDaemonHasNoRightsButOne() {
        DockerUser.telepresence("connect", "--docker").ok();
        String status = DockerUser.docker("exec", DockerUser.DAEMON, "sh", "-c", "cat /proc/[0-9]*/status")
                .ok()
                .stdout();
        List<String> users =
                status.lines().filter(l -> l.startsWith("Uid:")).distinct().toList();
        assertTrue(
                users.stream().filter(l -> !l.matches("Uid:(\\s+0){4}")).allMatch(l -> l.contains(uid())),
                users::toString);
        String capabilities = status.lines()
                .filter(l -> l.startsWith("CapEff:"))
                .map(l -> l.replaceAll("CapEff:\\s+0*", ""))
                .filter(l -> !l.isEmpty())
                .distinct()
                .collect(Collectors.joining(","));
        // NET_ADMIN, of the root daemon; docker exec's own shell is the other one.
        assertTrue(List.of("1000", "1000,11c0", "11c0,1000").contains(capabilities), capabilities);
        String inspected = DockerUser.docker("inspect", DockerUser.DAEMON).ok().stdout();
        assertTrue(!inspected.contains("client-key") && !inspected.contains("BEGIN"), "the kubeconfig is visible");
    }

    @Test
    void anExecPluginRunsOnTheLaptop() throws IOException {
        Path home = DockerUser.home();
        Path plugin = home.resolve("credentials");
        Path config = home.resolve("exec.kubeconfig");
        String developer = Files.readString(
                Path.of(DockerUser.run("sh", "-c", "echo $KUBECONFIG").stdout().strip()));
        Files.writeString(
                plugin,
                """
                #!/bin/sh
                echo asked by $(id -un) >> %s
                echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"clientCertificateData":"%s","clientKeyData":"%s"}}'
                """
                        .formatted(
                                home.resolve("asked"),
                                pem(developer, "client-certificate-data"),
                                pem(developer, "client-key-data")));
        Files.setPosixFilePermissions(plugin, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(
                config,
                developer.replaceFirst(
                        "(?s)client-certificate-data: .*?\\n +client-key-data: .*?\\n",
                        "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./credentials}\n"));
        DockerUser.run(
                        "sh",
                        "-c",
                        "cd /; KUBECONFIG=" + config + " " + String.join(" ", Laptop.command("connect", "--docker")))
                .ok();
        DockerUser.telepresence("list").ok().says("example-app");
        assertTrue(Files.readString(home.resolve("asked")).startsWith("asked by " + DockerUser.account()));
        Files.delete(home.resolve("asked"));
    }

    @Test
    void anApiServerOnTheLoopbackThatIsAContainer() {
        // As kind and k3d do it: a container that publishes the API server's port on this machine's loopback.
        DockerUser.docker("network", "create", "cluster-net").ok();
        DockerUser.docker(
                        "run",
                        "-d",
                        "--rm",
                        "--name",
                        "control-plane",
                        "--network",
                        "cluster-net",
                        "-p",
                        "127.0.0.1:16443:6443",
                        TOOLS,
                        "socat",
                        "TCP-LISTEN:6443,fork,reuseaddr",
                        "TCP:" + ClusterEnv.address() + ":6443")
                .ok();
        try {
            DockerUser.telepresence("connect", "--docker", "--server", "https://127.0.0.1:16443", "--name", "kind")
                    .ok()
                    .says("(https://127.0.0.1:16443)");
            DockerUser.telepresence("curl", "-sS", "-m", "10", "http://echo")
                    .ok()
                    .says("Service: echo");
            DockerUser.telepresence("quit", "-s").ok();
        } finally {
            DockerUser.docker("rm", "-f", "control-plane");
            DockerUser.docker("network", "rm", "cluster-net");
        }
    }

    @Test
    void anEngineWhoseSocketsCannotBeShared() {
        Result connected = DockerUser.run(
                Shell.join(List.of("env", "TELEPRESENCE_DOCKER_TRANSPORT=tcp"), Laptop.command("connect", "--docker"))
                        .toArray(String[]::new));
        connected.ok().says("Connected to context");
        DockerUser.telepresence("list").ok().says("example-app");
        String port = DockerUser.docker("port", DockerUser.DAEMON, "4038/tcp")
                .ok()
                .stdout()
                .strip();
        assertTrue(port.startsWith("127.0.0.1:"), port);
        // Without the secret nothing is served.
        DockerUser.telepresence("status", "--output", "json").ok().says("\"daemon_port\"");
    }

    @Test
    void killedCommandLine() throws Exception {
        DockerUser.telepresence("connect", "--docker").ok();
        HandlerAt handler =
                HandlerAt.start("replace", "example-app", "--docker-run", "--", "-e", "PORT=8080", ECHO, "/echo");
        handler.await("Port forwards");
        Shell.await("the volumes are there", Duration.ofSeconds(20), () -> DockerUser.containers()
                .contains("intercept-example-app-volumes"));
        Shell.kill(handler.process());
        // The engagement goes on, and so does the container; leaving ends both.
        DockerUser.telepresence("list").ok().says("replaced");
        DockerUser.telepresence("leave", "example-app").ok();
        assertEquals(List.of(DockerUser.DAEMON), DockerUser.containers());
        Cluster.fromPod("http://example-app/").ok().says("Service: example-app");
    }

    @Test
    void killedDaemon() {
        DockerUser.telepresence("connect", "--docker").ok();
        try (HandlerAt handler =
                HandlerAt.start("intercept", "echo", "--port", "8080:http", "--docker-run", "--", ECHO, "/echo")) {
            handler.await("Intercepting  : all TCP connections");
            DockerUser.docker("kill", "--signal", "KILL", DockerUser.DAEMON).ok();
            handler.ended(Duration.ofSeconds(60));
        }
        assertEquals(List.of(), DockerUser.containers());
        DockerUser.telepresence("status").ok().says("User Daemon: Not running");
        DockerUser.telepresence("curl", "http://echo").failed().says("telepresence connect --docker");
        DockerUser.telepresence("connect", "--docker").ok().says("Connected to context");
        // The manager lets the old session go after 30 s of silence.
        Shell.await("the cluster answers", Duration.ofSeconds(60), () -> Cluster.fromPod("http://echo/")
                .stdout()
                .contains("Service: echo"));
    }

    @Test
    void killedEngine() {
        DockerUser.telepresence("connect", "--docker").ok();
        HandlerAt handler =
                HandlerAt.start("intercept", "echo", "--port", "8080:http", "--docker-run", "--", ECHO, "/echo");
        handler.await("Intercepting  : all TCP connections");
        Cluster.script("docker", "kill").ok();
        handler.ended(Duration.ofSeconds(60));
        DockerUser.telepresence("connect", "--docker", "--name", "other")
                .failed()
                .says("engine");
        Cluster.script("docker", "up").ok();
        DockerUser.telepresence("connect", "--docker").ok();
        DockerUser.telepresence("curl", "-sS", "-m", "10", "http://kubernetes.default:443")
                .says("HTTP request to an HTTPS server");
    }

    private static String ask(String use, String url) {
        return DockerUser.telepresence("--use", use, "docker-run", TOOLS, "curl", "-sS", "-m", "10", url)
                .ok()
                .stdout()
                .lines()
                .findFirst()
                .orElse("");
    }

    private static String uid() {
        return DockerUser.run("id", "-u").ok().stdout().strip();
    }

    private static Path log(String name) {
        return Laptop.home().resolve(name);
    }

    private static String pem(String kubeconfig, String key) {
        String data = kubeconfig.replaceFirst("(?s).*" + key + ": (\\S+).*", "$1");
        return new String(java.util.Base64.getDecoder().decode(data), java.nio.charset.StandardCharsets.US_ASCII)
                .replace("\n", "\\n");
    }

    /** All of the laptop's network, resolver and mounts, without what counts packets. */
    private static String everything() {
        HostState state = HostState.read(LAPTOP);
        return (state.addresses() + "\n" + state.routes() + "\n" + state.rules() + "\n" + state.resolver() + "\n"
                        + state.mounts())
                .replaceAll("counter packets \\d+ bytes \\d+", "counter");
    }

    /** The same without the lines that are about Docker's bridges and containers. */
    private static String withoutDocker() {
        HostState state = HostState.read(LAPTOP);
        String network = state.addresses() + "\n" + state.routes() + "\n" + state.resolver() + "\n" + state.mounts();
        String tables = state.rules()
                .lines()
                .filter(l -> l.startsWith("table"))
                .sorted()
                .collect(Collectors.joining("\n"));
        return network.lines()
                        .filter(l -> !l.matches(".*(\\bbr-|\\bveth|\\bdocker0|overlay|/docker/).*"))
                        .collect(Collectors.joining("\n"))
                + tables;
    }
}

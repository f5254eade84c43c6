package io.telepresence.e2e.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Shell;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What Docker mode can do on every kind of engine. */
public abstract class EngineCases {
    private static final String ECHO = "localhost/echo:1";
    private static final String TOOLS = "localhost/tools:1";
    private static final Laptop LAPTOP = new Laptop("developer");

    @BeforeAll
    public static void connect() {
        DockerUser.telepresence("connect", "--docker").ok();
    }

    @AfterEach
    public void handlersAreGone() {
        DockerUser.telepresence("leave", "example-app");
        DockerUser.awaitOnlyTheDaemon();
    }

    @AfterAll
    public static void quitLeavesNothing() {
        DockerUser.telepresence("quit", "-s").ok();
        assertEquals(List.of(), DockerUser.containers());
        assertEquals(
                "",
                DockerUser.docker("network", "ls", "-q", "--filter", "name=tp-")
                        .ok()
                        .stdout());
    }

    @Test
    public void curlAndAContainerReachTheCluster() {
        DockerUser.telepresence("curl", "-sS", "-m", "10", "http://echo").ok().says("Service: echo");
        DockerUser.telepresence("docker-run", TOOLS, "curl", "-sS", "-m", "10", "http://echo.default")
                .ok()
                .says("Service: echo");
    }

    @Test
    public void aReplacementHasTheVolumesAndAPublishedPort() {
        try (HandlerAt handler = HandlerAt.start(
                "replace",
                "example-app",
                "--container",
                "echo-server",
                "--docker-run",
                "--",
                "-p",
                "127.0.0.1:18082:8080",
                "-e",
                "NAME=local",
                "-e",
                "PORT=8080",
                ECHO,
                "/echo")) {
            handler.await("8080 -> 8080 TCP");
            Shell.await(
                    "the local container answers",
                    Duration.ofSeconds(30),
                    () -> Cluster.fromPod("http://example-app/").stdout().contains("Service: local"));
            LAPTOP.curl("http://127.0.0.1:18082/").ok().says("Service: local");
            DockerUser.docker(
                            "exec",
                            "intercept-example-app",
                            "/bin/busybox",
                            "sh",
                            "-c",
                            "cat /etc/settings/* /etc/secret/*; echo from-the-laptop >/data/x && cat /data/x")
                    .ok()
                    .says("colour=blue")
                    .says("p$ss 'word'")
                    .says("from-the-laptop");
        }
    }

    @Test
    public void theDaemonsLogsAreThisUsersToRead() {
        String zip = DockerUser.home().resolve("logs.zip").toString();
        DockerUser.telepresence("gather-logs", "--traffic-agents", "None", "--output-file", zip)
                .ok();
        DockerUser.run("jar", "--list", "--file", zip)
                .ok()
                .says("connector.log")
                .says("daemon.log");
        DockerUser.run("sh", "-c", "cat ~/.cache/telepresence/logs/" + DockerUser.DAEMON + "/connector.log")
                .ok()
                .says("user daemon");
    }

    @Test
    public void theUserDaemonHasNoRightsAndTheRootDaemonOne() {
        for (String each : List.of("userd 0000000000000000", "rootd 0000000000001000")) {
            String daemon = each.substring(0, each.indexOf(' '));
            String status = DockerUser.docker(
                            "exec",
                            DockerUser.DAEMON,
                            "sh",
                            "-c",
                            "cat $(grep -l '" + daemon + "[.]aot' /proc/[0-9]*/cmdline | sed s/cmdline/status/)")
                    .ok()
                    .stdout();
            List<String> capabilities = Stream.of("CapPrm", "CapEff")
                    .map(set -> set + ":\t" + each.substring(daemon.length() + 1) + "\n")
                    .toList();
            assertTrue(capabilities.stream().allMatch(status::contains), status);
        }
    }
}

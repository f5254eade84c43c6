package io.telepresence.e2e.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.apps.FakeNode;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What containers of Docker mode have of the cluster, and go on having when something around them changes. */
@ExtendWith(DockerSession.class)
class DockerHandlersIT {
    private static final String TOOLS = "localhost/tools:1";
    private static final String NEW_SUBNET = "10.250.7.0/24";
    private static final Laptop LAPTOP = new Laptop("developer");

    @BeforeAll
    static void connect() throws IOException {
        DockerUser.run("sh", "-c", "printf 'telepresenceAPI:\\n  port: 9981\\n' > " + configuration())
                .ok();
        DockerUser.telepresence(
                        "connect", "--docker", "--config", configuration().toString())
                .ok();
    }

    @AfterEach
    void leaveAll() {
        DockerUser.docker("unpause", DockerUser.DAEMON);
        DockerUser.telepresence("leave", "example-app");
        DockerUser.telepresence("leave", "mine");
        DockerUser.awaitOnlyTheDaemon();
    }

    private static Path configuration() {
        return DockerUser.home().resolve("api.yml");
    }

    /** example-app has a volume at /data and a variable settings.txt of two lines; the image has neither. */
    @Test
    void aReadOnlyContainerHasTheVolumesAndEveryVariable() {
        DockerUser.telepresence(
                        "ingest",
                        "example-app",
                        "--docker-run",
                        "--",
                        "-e",
                        "a.b=1",
                        "--read-only",
                        TOOLS,
                        "sh",
                        "-c",
                        "ls -d /data && tr '\\0' '\\n' </proc/1/environ; touch /x || echo closed")
                .ok()
                .says("/data\n")
                .says("a.b=1\n")
                .says("settings.txt=colour=blue\n")
                .saysNot("_TEL_ENVIRONMENT")
                .says("closed\n");
    }

    @Test
    void aNameThatAServiceHasIsWarnedOf() {
        DockerUser.telepresence("docker-run", "--name", "echo", TOOLS, "true")
                .ok()
                .says("Warning: the container's name echo hides");
        DockerUser.telepresence("docker-run", "--name", "no-service", TOOLS, "true")
                .ok()
                .saysNot("Warning");
    }

    @Test
    void allPortsOfAnImageAndNetworksOfTheUser() {
        String context = DockerUser.home().resolve("exposes").toString();
        DockerUser.run(
                        "sh",
                        "-c",
                        "mkdir -p " + context + " && printf 'FROM " + TOOLS + "\\nEXPOSE 8080\\n' > " + context
                                + "/Dockerfile && docker build -t exposes:1 " + context)
                .ok();
        DockerUser.docker("network", "create", "shelf").ok();
        try (HandlerAt handler = HandlerAt.start(
                "docker-run",
                "-P",
                "--name",
                "exposed",
                "--network",
                "name=shelf,alias=web",
                "exposes:1",
                "sh",
                "-c",
                "mkdir /tmp/w; echo exposed > /tmp/w/index.html; exec httpd -f -p 8080 -h /tmp/w")) {
            Shell.await("it runs", Duration.ofSeconds(30), () -> DockerUser.containers()
                    .contains("exposed"));
            String port = DockerUser.docker("port", "exposed-sandbox", "8080/tcp")
                    .ok()
                    .stdout()
                    .lines()
                    .findFirst()
                    .orElseThrow();
            String url = "http://127.0.0.1:" + port.substring(port.lastIndexOf(':') + 1) + "/";
            Shell.await("the published port answers", Duration.ofSeconds(20), () -> LAPTOP.curl(url)
                    .stdout()
                    .equals("exposed\n"));
            DockerUser.docker("run", "--rm", "--network", "shelf", TOOLS, "curl", "-sS", "-m", "10", "http://web:8080/")
                    .ok()
                    .says("exposed");
            handler.process().destroy();
            handler.ended(Duration.ofSeconds(60));
        } finally {
            DockerUser.docker("network", "rm", "shelf");
        }
    }

    @Test
    void theRestApiAnswersHandlersAndNobodyElse() {
        try (HandlerAt handler = HandlerAt.start(
                "intercept",
                "mine",
                "--workload",
                "echo",
                "--port",
                "8080:http",
                "--mount=false",
                "--http-header",
                "x-user=me",
                "--metadata",
                "team=blue",
                "--docker-run",
                "--",
                "--name",
                "asks",
                TOOLS,
                "sleep",
                "600")) {
            handler.await("Intercept name");
            Shell.await(
                    "it runs",
                    Duration.ofSeconds(30),
                    () -> asked("healthz", "x-user: me").exitCode() == 0);
            assertEquals("true", asked("consume-here", "x-user: me").ok().stdout());
            assertEquals("false", asked("consume-here", "x-user: you").ok().stdout());
            assertEquals(
                    "{\"intercepted\":true,\"clientSide\":true,\"metadata\":{\"team\":\"blue\"}}",
                    asked("intercept-info", "x-user: me").ok().stdout());
            String gateway =
                    in("asks", "echo $TELEPRESENCE_API_HOST").ok().stdout().strip();
            assertNotEquals(
                    0,
                    DockerUser.telepresence(
                                    "docker-run",
                                    TOOLS,
                                    "curl",
                                    "-sS",
                                    "-m",
                                    "5",
                                    "http://" + gateway + ":9981/healthz")
                            .exitCode());
        }
    }

    private static Result asked(String question, String header) {
        return in(
                "asks",
                "curl -fsS -m 5 -H '" + header + "' http://$TELEPRESENCE_API_HOST:$TELEPRESENCE_API_PORT/" + question);
    }

    @Test
    void routesFollowTheCluster() {
        try (HandlerAt handler = HandlerAt.start("docker-run", "--name", "follows", TOOLS, "sleep", "600")) {
            Shell.await("it runs", Duration.ofSeconds(30), () -> routes().contains("10.96."));
            FakeNode.add("beyond", NEW_SUBNET);
            try {
                Shell.await("the new subnet is routed", Duration.ofSeconds(60), () -> routes().contains(NEW_SUBNET));
            } finally {
                FakeNode.remove("beyond");
            }
            Shell.await("it is not any more", Duration.ofSeconds(60), () -> !routes().contains(NEW_SUBNET));
            assertTrue(routes().contains("10.96."), DockerHandlersIT::routes);
            handler.process().destroy();
            handler.ended(Duration.ofSeconds(60));
        }
    }

    private static String routes() {
        return DockerUser.docker("exec", "follows-sandbox", "ip", "route").stdout();
    }

    @Test
    void aFrozenDaemonHoldsNobodyWhoReads() {
        try (HandlerAt handler = reader()) {
            String was = in("reads", "cat /etc/settings/*").ok().stdout();
            // An idle connection must not be given up: a file that is open would be lost.
            in("reads", "exec 3< /data/kept; sleep 13; cat <&3").ok().says("kept");
            DockerUser.docker("pause", DockerUser.DAEMON).ok();
            try {
                long start = System.nanoTime();
                // One request only: after 30 s the manager would let the engagement go.
                Result read = in("reads", "cat /data/kept");
                long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();
                assertTrue(seconds < 35, () -> "it took " + seconds + " s");
                read.failed().says("Input/output error");
            } finally {
                DockerUser.docker("unpause", DockerUser.DAEMON).ok();
            }
            Shell.await("the volumes are back", Duration.ofSeconds(30), () -> in("reads", "cat /etc/settings/*")
                    .stdout()
                    .equals(was));
            assertTrue(handler.process().isAlive());
        }
    }

    @Test
    void volumesGoOnInANewPod() {
        try (HandlerAt handler = reader()) {
            String was = in("reads", "cat /etc/settings/*").ok().stdout();
            String pod = pod();
            Cluster.kubectl("delete", "pod", pod, "--wait=false").ok();
            Shell.await("there is another pod", Duration.ofSeconds(120), () -> !pod().equals(pod));
            Shell.await("its volumes are there", Duration.ofSeconds(120), () -> in(
                            "reads", "echo new > /data/new && cat /data/new /etc/settings/*")
                    .stdout()
                    .equals("new\n" + was));
            assertTrue(handler.process().isAlive());
        }
    }

    /** A replaced container's files in a container that does nothing. */
    private static HandlerAt reader() {
        HandlerAt handler = HandlerAt.start(
                "replace", "example-app", "--docker-run", "--", "--name", "reads", TOOLS, "sleep", "600");
        handler.await("Port forwards");
        Shell.await(
                "the volumes are there",
                Duration.ofSeconds(60),
                () -> in("reads", "echo kept > /data/kept").exitCode() == 0);
        return handler;
    }

    private static String pod() {
        return Cluster.kubectl(
                        "get",
                        "pods",
                        "-l",
                        "app=example-app",
                        "--field-selector=status.phase=Running",
                        "-o",
                        "jsonpath={range .items[*]}{.metadata.deletionTimestamp}{\" \"}{.metadata.name}{\"\\n\"}{end}")
                .stdout()
                .lines()
                .filter(l -> l.startsWith(" "))
                .map(String::strip)
                .sorted()
                .findFirst()
                .orElse("");
    }

    private static Result in(String container, String script) {
        return DockerUser.docker("exec", container, "sh", "-c", script);
    }
}

package io.telepresence.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The transcripts and the bullet lists of the user's guide, outside its Docker section. */
@ExtendWith(Session.class)
class GuideIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Path ENV = Laptop.home().resolve("example-app.env");
    private static final Path MOUNTS = Laptop.home().resolve("example-app-mounts");
    private static LocalAppAt app;

    @BeforeAll
    static void connect() {
        LAPTOP.telepresence("connect").ok();
        app = LocalAppAt.start(LAPTOP, 8080, "local");
    }

    @AfterAll
    static void quit() {
        app.close();
        LAPTOP.telepresence("quit", "-s");
    }

    @AfterEach
    void leaveAll() throws IOException {
        LAPTOP.telepresence("leave", "example-app");
        LAPTOP.telepresence("leave", "shop", "--container", "web");
        LAPTOP.telepresence("leave", "consumer");
        Files.deleteIfExists(ENV);
    }

    @Test
    void replace() throws IOException {
        Result block = LAPTOP.telepresence(
                        "replace",
                        "example-app",
                        "--container",
                        "echo-server",
                        "--env-file",
                        ENV.toString(),
                        "--mount",
                        MOUNTS.toString())
                .ok();
        assertEquals(
                """
                Using Deployment example-app
                Container name    : echo-server
                State             : ACTIVE
                Workload kind     : Deployment
                Port forwards     : POD -> 127.0.0.1
                    8080 -> 8080 TCP
                Volume Mount Point: MOUNTS
                """
                        .replace("MOUNTS", MOUNTS.toString()),
                block.stdout().replaceFirst(" : [0-9a-f.:]+ -> 127", " : POD -> 127"));
        assertEquals(
                "local GET /who\n",
                Cluster.fromPod("http://example-app/who").ok().stdout());
        awaitContainers("example-app", "traffic-agent");
        environment();
        volumes();
        assertEquals(
                "",
                LAPTOP.run("sh", "-c", "echo mine > " + MOUNTS + "/data/x").ok().stderr());
        assertEquals("mine\n", LAPTOP.run("cat", MOUNTS + "/data/x").ok().stdout());
        LAPTOP.telepresence("list").ok().says("deployment example-app").says("replaced");

        LAPTOP.telepresence("leave", "example-app", "--container", "echo-server")
                .ok();
        awaitContainers("example-app", "echo-server traffic-agent");
        Cluster.fromPod("http://example-app/who").ok().says("example-app-");
        assertEquals("", mounted());
    }

    @Test
    void replaceWithOtherPorts() {
        // An undeclared one too.
        LAPTOP.telepresence("replace", "example-app", "--port", "8080:http", "--port", "8080:8080")
                .failed();
        Result block = LAPTOP.telepresence("replace", "example-app", "--port", "8080:http", "--port", "8081:7777")
                .ok()
                .says("8080 -> 8080 TCP")
                .says("7777 -> 8081 TCP");
        String pod = block.stdout().replaceAll("(?s).*: ([0-9a-f.:]+) -> 127.*", "$1");
        LocalAppAt at = LocalAppAt.start(LAPTOP, 8081, "other");
        try {
            assertEquals(
                    "other GET /\n",
                    Cluster.fromPod("http://" + pod + ":7777/").ok().stdout());
            assertEquals(
                    "local GET /\n", Cluster.fromPod("http://example-app/").ok().stdout());
        } finally {
            at.close();
        }
    }

    @Test
    void replaceOneOfTwoContainersAndOneWithoutPorts() {
        LAPTOP.telepresence("replace", "shop")
                .failed()
                .says("--container")
                .says("web")
                .says("back");
        LAPTOP.telepresence("replace", "shop", "--container", "web").ok().says("Container name    : web");
        assertEquals("local GET /\n", Cluster.fromPod("http://shop/").ok().stdout());
        Cluster.fromPod("http://shop:81/").ok().says("shop-");
        LAPTOP.telepresence("leave", "shop", "--container", "web").ok();
        Cluster.fromPod("http://shop/").ok().says("shop-");

        LAPTOP.telepresence("replace", "consumer").ok().says("Container name    : worker");
        awaitContainers("consumer", "traffic-agent");
        LAPTOP.telepresence("leave", "consumer").ok();
        awaitContainers("consumer", "worker traffic-agent");
    }

    @Test
    void ingest() throws IOException {
        Result block = LAPTOP.telepresence(
                        "ingest",
                        "example-app",
                        "--container",
                        "echo-server",
                        "--env-file",
                        ENV.toString(),
                        "--mount",
                        MOUNTS.toString())
                .ok();
        assertEquals(
                """
                Using Deployment example-app
                   Container name    : echo-server
                   Workload kind     : Deployment
                   Volume Mount Point: MOUNTS
                """
                        .replace("MOUNTS", MOUNTS.toString()),
                block.stdout());
        environment();
        volumes();
        LAPTOP.run("sh", "-c", "echo mine > " + MOUNTS + "/data/x").failed();
        Cluster.fromPod("http://example-app/who").ok().says("example-app-");
        LAPTOP.telepresence("list", "--ingests").ok().says("ingested");
        LAPTOP.telepresence("leave", "example-app").ok();
        assertEquals("", mounted());
        assertFalse(LAPTOP.telepresence("list").ok().stdout().contains("ingested"));
    }

    @Test
    void intercept() throws IOException {
        Result block = LAPTOP.telepresence(
                        "intercept",
                        "example-app",
                        "--http-header",
                        "x-user=margret",
                        "--http-path-prefix",
                        "/api",
                        "--port",
                        "8080:http",
                        "--env-file",
                        ENV.toString(),
                        "--mount",
                        MOUNTS.toString())
                .ok();
        assertEquals(
                """
                Using Deployment example-app
                intercepted
                  Intercept name: example-app
                  State         : ACTIVE
                  Workload kind : Deployment
                  Destination   : 127.0.0.1:8080
                  Intercepting  : HTTP requests with path-prefix /api and header 'X-User: margret'
                """,
                block.stdout());
        assertEquals(
                "local GET /api/a\n",
                asUser("margret", "http://example-app/api/a").ok().stdout());
        asUser("margret", "http://example-app/else").ok().says("example-app-");
        asUser("bob", "http://example-app/api/a").ok().says("example-app-");
        Cluster.fromPod("http://example-app/api/a").ok().says("example-app-");
        environment();
        volumes();
        LAPTOP.run("sh", "-c", "echo mine > " + MOUNTS + "/data/x").ok();
        LAPTOP.telepresence("why", "GET", "http://example-app/api/a", "-H", "x-user: bob")
                .ok()
                .says("bob")
                .says("margret");
        LAPTOP.telepresence("leave", "example-app").ok();
        asUser("margret", "http://example-app/api/a").ok().says("example-app-");
    }

    @Test
    void thePortIsFoundOrMustBeNamed() {
        LAPTOP.telepresence("intercept", "example-app", "--mount=false").ok().says("Destination   : 127.0.0.1:8080");
        LAPTOP.telepresence("leave", "example-app").ok();
        LAPTOP.telepresence("intercept", "shop").failed().says("multiple interceptable ports");
        LAPTOP.telepresence("intercept", "shop", "--port", "8080:nothing")
                .failed()
                .says("nothing");
    }

    @Test
    void wiretap() throws IOException {
        Result block = LAPTOP.telepresence(
                        "wiretap",
                        "example-app",
                        "--port",
                        "8080:http",
                        "--env-file",
                        ENV.toString(),
                        "--mount",
                        MOUNTS.toString())
                .ok();
        assertEquals(
                """
                Using Deployment example-app
                wiretapped
                  Wiretap name  : example-app
                  State         : ACTIVE
                  Workload kind : Deployment
                  Destination   : 127.0.0.1:8080
                  Intercepting  : all TCP connections
                """,
                block.stdout());
        Cluster.fromPod("http://example-app/tapped").ok().says("example-app-");
        Shell.await("the copy arrives", Duration.ofSeconds(10), () -> read(app.log())
                .contains("GET /tapped"));
        environment();
        volumes();
        LAPTOP.run("sh", "-c", "echo mine > " + MOUNTS + "/data/x").failed();
        LAPTOP.telepresence("list", "--wiretaps").ok().says("wiretapped");
        LAPTOP.telepresence("leave", "example-app").ok();
    }

    @Test
    void aHandlerGetsTheEnvironmentAndEndsTheEngagement() {
        Result handled = LAPTOP.telepresence(
                "ingest",
                "example-app",
                "--",
                "sh",
                "-c",
                "echo $GREETING $TELEPRESENCE_CONTAINER; cat $TELEPRESENCE_ROOT/etc/settings/settings.txt; exit 7");
        assertEquals(7, handled.exitCode(), handled.describe());
        handled.says("hello echo-server").says("colour=blue");
        assertFalse(LAPTOP.telepresence("list").ok().stdout().contains("ingested"));
    }

    private static void environment() throws IOException {
        List<String> lines = Files.readAllLines(ENV);
        for (String expected : new String[] {
            "GREETING=hello",
            "NAME=example-app",
            "FULL_NAME=example-app.example",
            "DB_PASSWORD=p$ss 'word'",
            "TELEPRESENCE_CONTAINER=echo-server",
            "TELEPRESENCE_ROOT=" + MOUNTS
        }) {
            assertTrue(lines.contains(expected), () -> expected + " in " + lines);
        }
        assertTrue(lines.stream().anyMatch(l -> l.startsWith("MY_POD=example-app-")), lines::toString);
        assertEquals(lines.stream().sorted().toList(), lines);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(ENV)));
    }

    private static void volumes() {
        assertEquals(
                "colour=blue\n",
                LAPTOP.run("cat", MOUNTS + "/etc/settings/settings.txt").ok().stdout());
        assertEquals(
                "p$ss 'word'",
                LAPTOP.run("cat", MOUNTS + "/etc/secret/PASSWORD").ok().stdout());
        LAPTOP.run("test", "-s", MOUNTS + "/var/run/secrets/kubernetes.io/serviceaccount/token")
                .ok();
        LAPTOP.run("sh", "-c", "echo x > " + MOUNTS + "/etc/settings/settings.txt")
                .failed();
    }

    private static String mounted() {
        return LAPTOP.run("sh", "-c", "grep " + MOUNTS + " /proc/self/mounts || true")
                .ok()
                .stdout();
    }

    private static Result asUser(String user, String url) {
        return Cluster.kubectl("exec", "caller", "--", "curl", "-sS", "-m", "15", "-H", "X-User: " + user, url);
    }

    /** Waits until the pods of the sample, without those that are about to go, have exactly these containers. */
    private static void awaitContainers(String sample, String expected) {
        Shell.await("the containers of " + sample + " are " + expected, Duration.ofSeconds(30), () -> containers(sample)
                .equals(expected));
    }

    private static String containers(String sample) {
        String template = "{{range .items}}{{if not .metadata.deletionTimestamp}}"
                + "{{range .spec.containers}}{{.name}} {{end}}{{end}}{{end}}";
        return Cluster.kubectl("get", "pod", "-l", "sample=" + sample, "-o", "go-template=" + template)
                .ok()
                .stdout()
                .strip();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}

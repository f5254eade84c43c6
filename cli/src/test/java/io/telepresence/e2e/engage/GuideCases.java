package io.telepresence.e2e.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
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
import org.junit.jupiter.api.TestInstance;

/** The transcripts and the bullet lists of the user's guide, in each mode. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class GuideCases {
    private final Mode mode;
    private final Path env;

    public GuideCases(Mode mode) {
        this.mode = mode;
        this.env = mode.home().resolve("example-app.env");
    }

    /** What {@code replace} prints of a container with the port 8080. */
    public abstract String replaced(Mode.Engaged engaged);

    /** What {@code ingest} prints of the same. */
    public abstract String ingested(Mode.Engaged engaged);

    @BeforeAll
    public void connect() {
        mode.connect().ok();
    }

    @AfterAll
    public void quit() {
        mode.quit();
    }

    @AfterEach
    public void leaveAll() throws IOException {
        mode.telepresence("leave", "example-app");
        mode.telepresence("leave", "shop", "--container", "web");
        mode.telepresence("leave", "consumer");
        Files.deleteIfExists(env);
    }

    @Test
    public void replace() throws IOException {
        try (Mode.Engaged engaged = engage("replace", "example-app", "--container", "echo-server")) {
            assertEquals(replaced(engaged), engaged.block().replaceFirst(" : [0-9a-f.:]+ -> 127", " : POD -> 127"));
            assertEquals(
                    "local GET /who\n",
                    Cluster.fromPod("http://example-app/who").ok().stdout());
            awaitContainers("example-app", "traffic-agent");
            environment(engaged);
            volumes(engaged);
            assertEquals(
                    "mine\n",
                    engaged.sh("echo mine > $ROOT/data/x && cat $ROOT/data/x")
                            .ok()
                            .stdout());
            mode.telepresence("list").ok().says("deployment example-app").says("replaced");

            mode.telepresence("leave", "example-app", "--container", "echo-server")
                    .ok();
            engaged.assertGone();
        }
        awaitContainers("example-app", "echo-server traffic-agent");
        Cluster.fromPod("http://example-app/who").ok().says("example-app-");
    }

    @Test
    public void replaceWithOtherPorts() {
        mode.telepresence("replace", "example-app", "--port", "8080:http", "--port", "8080:8080")
                .failed();
        // An undeclared one too.
        try (Mode.Engaged engaged = mode.engage(
                        8080, "local", "replace", "example-app", "--port", "8080:http", "--port", "8081:7777");
                LocalAppAt other = engaged.another(8081, "other")) {
            assertTrue(engaged.block().contains("8080 -> 8080 TCP"), engaged::block);
            assertTrue(engaged.block().contains("7777 -> 8081 TCP"), engaged::block);
            assertEquals(
                    "other GET /\n",
                    Cluster.fromPod("http://" + podIp("example-app") + ":7777/")
                            .ok()
                            .stdout());
            assertEquals(
                    "local GET /\n", Cluster.fromPod("http://example-app/").ok().stdout());
        }
    }

    @Test
    public void replaceOneOfTwoContainersAndOneWithoutPorts() {
        mode.telepresence("replace", "shop")
                .failed()
                .says("--container")
                .says("web")
                .says("back");
        try (Mode.Engaged engaged = mode.engage(8080, "local", "replace", "shop", "--container", "web")) {
            assertTrue(engaged.block().matches("(?s).*Container name *: web\n.*"), engaged::block);
            assertEquals("local GET /\n", Cluster.fromPod("http://shop/").ok().stdout());
            Cluster.fromPod("http://shop:81/").ok().says("shop-");
            mode.telepresence("leave", "shop", "--container", "web").ok();
        }
        Cluster.fromPod("http://shop/").ok().says("shop-");

        mode.telepresence("replace", "consumer").ok().says("worker");
        awaitContainers("consumer", "traffic-agent");
        mode.telepresence("leave", "consumer").ok();
        awaitContainers("consumer", "worker traffic-agent");
    }

    @Test
    public void ingest() throws IOException {
        try (Mode.Engaged engaged = engage("ingest", "example-app", "--container", "echo-server")) {
            assertEquals(ingested(engaged), engaged.block());
            environment(engaged);
            volumes(engaged);
            engaged.sh("echo mine > $ROOT/data/x").failed();
            Cluster.fromPod("http://example-app/who").ok().says("example-app-");
            mode.telepresence("list", "--ingests").ok().says("ingested");
            mode.telepresence("leave", "example-app").ok();
            engaged.assertGone();
        }
        mode.telepresence("list").ok().saysNot("ingested");
    }

    @Test
    public void intercept() throws IOException {
        try (Mode.Engaged engaged = engage(
                "intercept",
                "example-app",
                "--http-header",
                "x-user=margret",
                "--http-path-prefix",
                "/api",
                "--port",
                "8080:http")) {
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
                    engaged.block());
            assertEquals(
                    "local GET /api/a\n",
                    asUser("margret", "http://example-app/api/a").ok().stdout());
            asUser("margret", "http://example-app/else").ok().says("example-app-");
            asUser("bob", "http://example-app/api/a").ok().says("example-app-");
            Cluster.fromPod("http://example-app/api/a").ok().says("example-app-");
            environment(engaged);
            volumes(engaged);
            engaged.sh("echo mine > $ROOT/data/x").ok();
            mode.telepresence("why", "GET", "http://example-app/api/a", "-H", "x-user: bob")
                    .ok()
                    .says("bob")
                    .says("margret");
            mode.telepresence("leave", "example-app").ok();
            engaged.assertGone();
        }
        asUser("margret", "http://example-app/api/a").ok().says("example-app-");
    }

    @Test
    public void thePortIsFoundOrMustBeNamed() {
        mode.telepresence("intercept", "example-app", "--mount=false").ok().says("Destination   : 127.0.0.1:8080");
        mode.telepresence("leave", "example-app").ok();
        mode.telepresence("intercept", "shop").failed().says("multiple interceptable ports");
        mode.telepresence("intercept", "shop", "--port", "8080:nothing")
                .failed()
                .says("nothing");
    }

    @Test
    public void wiretap() throws IOException {
        try (Mode.Engaged engaged = engage("wiretap", "example-app", "--port", "8080:http")) {
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
                    engaged.block());
            Cluster.fromPod("http://example-app/tapped").ok().says("example-app-");
            Shell.await("the copy arrives", Duration.ofSeconds(30), () -> read(engaged.app()
                            .log())
                    .contains("GET /tapped"));
            environment(engaged);
            volumes(engaged);
            engaged.sh("echo mine > $ROOT/data/x").failed();
            mode.telepresence("list", "--wiretaps").ok().says("wiretapped");
            mode.telepresence("leave", "example-app").ok();
            engaged.assertGone();
        }
    }

    private Mode.Engaged engage(String... arguments) {
        return mode.engage(
                8080,
                "local",
                Shell.join(List.of(arguments), "--env-file", env.toString()).toArray(String[]::new));
    }

    private void environment(Mode.Engaged engaged) throws IOException {
        List<String> lines = Files.readAllLines(env);
        for (String expected : new String[] {
            "GREETING=hello",
            "NAME=example-app",
            "FULL_NAME=example-app.example",
            "DB_PASSWORD=p$ss 'word'",
            "TELEPRESENCE_CONTAINER=echo-server",
            "TELEPRESENCE_ROOT=" + engaged.root()
        }) {
            assertTrue(lines.contains(expected), () -> expected + " in " + lines);
        }
        assertTrue(lines.stream().anyMatch(l -> l.startsWith("MY_POD=example-app-")), lines::toString);
        assertEquals(lines.stream().sorted().toList(), lines);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(env)));
    }

    private static void volumes(Mode.Engaged engaged) {
        assertEquals(
                "colour=blue\n",
                engaged.sh("cat $ROOT/etc/settings/settings.txt").ok().stdout());
        assertEquals(
                "p$ss 'word'", engaged.sh("cat $ROOT/etc/secret/PASSWORD").ok().stdout());
        engaged.sh("test -s $ROOT/var/run/secrets/kubernetes.io/serviceaccount/token")
                .ok();
        engaged.sh("echo x > $ROOT/etc/settings/settings.txt").failed();
    }

    private static String podIp(String sample) {
        return ofPods(sample, "{{.status.podIP}}");
    }

    private static Result asUser(String user, String url) {
        return Cluster.kubectl("exec", "caller", "--", "curl", "-sS", "-m", "15", "-H", "X-User: " + user, url);
    }

    /** Waits until the pods of the sample, without those that are about to go, have exactly these containers: ordinary
     * ones, then native sidecars. */
    private static void awaitContainers(String sample, String expected) {
        Shell.await("the containers of " + sample + " are " + expected, Duration.ofSeconds(30), () -> containers(sample)
                .equals(expected));
    }

    private static String containers(String sample) {
        return ofPods(
                sample,
                "{{range .spec.containers}}{{.name}} {{end}}"
                        + "{{range .spec.initContainers}}{{if .restartPolicy}}{{.name}} {{end}}{{end}}");
    }

    /** What the template makes of the sample's pods, without those that are about to go. */
    private static String ofPods(String sample, String template) {
        String each = "{{range .items}}{{if not .metadata.deletionTimestamp}}" + template + "{{end}}{{end}}";
        return Cluster.kubectl("get", "pod", "-l", "sample=" + sample, "-o", "go-template=" + each)
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

package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.e2e.apps.LocalApp;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A laptop whose clock is ten minutes off, either way: its programs are given another time by a library. */
@ExtendWith(Session.class)
class ClockIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final DateTimeFormatter LOGGED = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");
    private static final Duration SOON = Duration.ofSeconds(30);

    private static Path library;
    private static Process app;

    @BeforeAll
    static void compile() {
        library = Laptop.home().resolve("clock.so");
        String source = Project.root().resolve("scripts/lib/test/clock.c").toString();
        Shell.run(
                        Map.of(),
                        Duration.ofSeconds(60),
                        List.of("cc", "-shared", "-fPIC", "-O2", "-o", library.toString(), source, "-ldl"))
                .ok();
        app = LAPTOP.start(LocalApp.command(8124, "laptop", Laptop.home().resolve("clock.log")));
    }

    @AfterEach
    void quit() {
        LAPTOP.telepresence("quit", "-s");
    }

    @AfterAll
    static void end() {
        Shell.kill(app);
    }

    @ParameterizedTest
    @ValueSource(ints = {-600, 600})
    void whoseClockIsTenMinutesOffConnectsAndEngages(int seconds) throws IOException {
        // No client at all takes the API server's certificate before it begins to be valid.
        assumeTrue(seconds > 0 || clusterIsOlderThan(Duration.ofSeconds(660)), "the cluster is too young");
        LAPTOP.runWith(
                        Map.of("LD_PRELOAD", library.toString(), "CLOCK_OFF", Integer.toString(seconds)),
                        Laptop.command("connect"))
                .ok()
                .saysNot("who you are");
        assertTrue(Math.abs(userDaemonIsAhead().toSeconds() - seconds) < 60, "the daemon has that clock");
        LAPTOP.curl("http://echo/").ok().says("echo-");
        LAPTOP.telepresence("intercept", "echo", "--port", "8124:http", "--mount=false")
                .ok();
        Shell.await("the laptop answers", SOON, () -> Cluster.fromPod("http://echo/")
                .stdout()
                .startsWith("laptop"));
        LAPTOP.telepresence("status").ok().says("Connected").saysNot("who you are");
        LAPTOP.telepresence("leave", "echo").ok();
    }

    private static boolean clusterIsOlderThan(Duration age) {
        String born = Cluster.kubectl("get", "namespace", "default", "-o", "jsonpath={.metadata.creationTimestamp}")
                .ok()
                .stdout();
        return Instant.parse(born).plus(age).isBefore(Instant.now());
    }

    /** By what it has just logged. */
    private static Duration userDaemonIsAhead() throws IOException {
        List<String> lines = Files.readAllLines(Laptop.home().resolve("cache/telepresence/logs/connector.log"));
        String last = lines.stream()
                .filter(line -> line.matches("\\d{4}-\\d\\d-\\d\\d .*"))
                .toList()
                .getLast();
        return Duration.between(LocalDateTime.now(), LocalDateTime.parse(last.substring(0, 23), LOGGED));
    }
}

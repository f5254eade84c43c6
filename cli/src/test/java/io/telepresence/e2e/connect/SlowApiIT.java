package io.telepresence.e2e.connect;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.apps.LocalApp;
import io.telepresence.e2e.apps.SlowRelay;
import io.telepresence.e2e.harness.ClusterEnv;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** An API server that is slow to serve each connection: waited for, up to a limit that the error names. */
@ExtendWith(Session.class)
class SlowApiIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final int PORT = 7443;
    private static final Path CONFIG = Laptop.home().resolve("config/telepresence/config.yml");
    private Process relay;

    @AfterEach
    void quit() throws IOException, InterruptedException {
        LAPTOP.telepresence("quit", "-s");
        relay.destroy();
        assertTrue(relay.waitFor(10, TimeUnit.SECONDS));
        Files.deleteIfExists(CONFIG);
    }

    @Test
    void threeSecondsForEachConnection() {
        slow(3_000);
        Result connected = connect().ok();
        assertTrue(connected.millis() < 40_000, connected::describe);
        LAPTOP.curl("http://echo/").ok().says("echo-");
    }

    /** Longer than two heartbeats: a new carrier has as much time as the limit says. */
    @Test
    void twelveSecondsForEachConnection() {
        slow(12_000);
        Result connected = connect().ok();
        assertTrue(connected.millis() < 80_000, connected::describe);
        LAPTOP.curl("http://echo/").ok().says("echo-");
    }

    @Test
    void theErrorNamesTheLimitAndRaisingItHelps() throws IOException {
        slow(4_000);
        limit("2s");
        Result failed = connect().failed();
        failed.says("the API server https://127.0.0.1:7443 does not answer within 2 s")
                .says("timeouts.clusterConnect");
        assertTrue(failed.millis() < 20_000, failed::describe);
        limit("12s");
        connect().ok();
    }

    private static Result connect() {
        return LAPTOP.run(Duration.ofSeconds(120), Laptop.command("connect", "--server", "https://127.0.0.1:" + PORT));
    }

    private static void limit(String time) throws IOException {
        Files.createDirectories(CONFIG.getParent());
        Files.writeString(CONFIG, "timeouts:\n  clusterConnect: " + time + "\n");
    }

    private void slow(int millis) {
        relay = LAPTOP.start(LocalApp.command(
                SlowRelay.class, Integer.toString(PORT), ClusterEnv.address(), "6443", Integer.toString(millis)));
        Shell.await(
                "the relay listens",
                Duration.ofSeconds(60),
                () -> LAPTOP.run("sh", "-c", "ss -Hltn | grep -q :" + PORT).exitCode() == 0);
    }
}

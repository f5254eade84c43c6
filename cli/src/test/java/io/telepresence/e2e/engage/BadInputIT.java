package io.telepresence.e2e.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cannot be done is said in one sentence, and nothing of it is done, neither in the cluster nor on the laptop. */
@ExtendWith(Session.class)
class BadInputIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Path MOUNTS = Laptop.home().resolve("busy-mounts");

    @BeforeAll
    static void connect() {
        LAPTOP.telepresence("connect").ok();
    }

    @AfterAll
    static void quit() {
        LAPTOP.telepresence("quit", "-s");
    }

    @AfterEach
    void nothingIsEngaged() {
        LAPTOP.telepresence("leave", "example-app");
        LAPTOP.telepresence("list", "-i", "-g", "-r", "-t").ok().says("No Workloads");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "intercept shop --port 8140:http --http-header nothing | nothing",
                "intercept shop --port 8140:http --http-path-regex ( | (",
                "intercept shop --port 0:http | 0",
                "intercept shop --port 70000:http | 70000",
                "intercept shop --port 8140:http --port 8140:admin | 8140",
                "intercept shop --port 8140:http --mechanism tcp --http-header a=b | --mechanism",
                "intercept shop --port 8140:http --mount /x --local-mount-port 2050 | --local-mount-port",
                "intercept shop --port 8140:http/UDP --http-header a=b | UDP",
                "intercept shop --port 8140:http --namespace nowhere | nowhere",
                "intercept shop --port 8140:http --service nobody | nobody",
                "intercept nobody --port 8140 | nobody",
                // There is a pod of that name, but nothing that makes pods.
                "intercept caller --port 8140 | caller",
                "ingest shop --container nobody | nobody",
                "replace shop --container nobody | nobody",
                "replace shop --container web --port 8140:nothing | nothing",
                "ingest example-app --env-file /proc/nowhere/env | /proc/nowhere/env",
                "ingest example-app --env-syntax klingon --env-file x | klingon",
                "ingest example-app --mount /proc/nowhere | /proc/nowhere",
                "ingest example-app --to-pod x | x",
            })
    void oneSentence(String typed, String expected) {
        Result said = LAPTOP.telepresence(typed.split(" ")).failed().says(expected);
        assertEquals(
                1,
                said.stderr().lines().filter(l -> !l.isBlank()).count(),
                () -> "more or less than one line: " + said.describe());
        assertEquals("", said.stdout(), said::describe);
    }

    @Test
    void aMountPointThatIsInUse() {
        LAPTOP.telepresence("ingest", "example-app", "--mount", MOUNTS.toString())
                .ok();
        LAPTOP.telepresence("ingest", "shop", "--container", "web", "--mount", MOUNTS.toString())
                .failed()
                .says(MOUNTS.toString());
        assertEquals(
                List.of("deployment example-app"),
                LAPTOP.telepresence("list", "-g")
                        .ok()
                        .stdout()
                        .lines()
                        .filter(l -> l.startsWith("deployment"))
                        .map(l -> l.split(" *:")[0])
                        .toList());
        LAPTOP.run("cat", MOUNTS + "/etc/settings/settings.txt").ok();
    }
}

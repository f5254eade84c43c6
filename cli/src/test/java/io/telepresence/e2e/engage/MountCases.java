package io.telepresence.e2e.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Volumes of a pod with the developer, and what becomes of them when something breaks: in each mode the same. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class MountCases {
    private final Mode mode;

    public MountCases(Mode mode) {
        this.mode = mode;
    }

    @BeforeAll
    public void connect() {
        mode.connect().ok();
    }

    @AfterAll
    public void quit() {
        mode.quit();
        colour("blue");
    }

    @AfterEach
    public void leave() {
        mode.telepresence("leave", "example-app");
    }

    @Test
    public void updatesInTheClusterAreSeen() {
        try (Mode.Engaged engaged = ingest()) {
            colour("red").ok();
            // The kubelet brings changes of a ConfigMap within its sync period.
            Shell.await("the change arrives", Duration.ofSeconds(60), () -> engaged.sh(
                            "cat $ROOT/etc/settings/settings.txt")
                    .stdout()
                    .equals("colour=red\n"));
        }
    }

    @Test
    public void aPodThatIsReplacedIsMountedAgain() {
        try (Mode.Engaged engaged = mode.engage(8080, "local", "intercept", "example-app")) {
            engaged.sh("echo old > $ROOT/data/x").ok();
            Cluster.kubectl("delete", "pod", "-l", "sample=example-app", "--wait=false")
                    .ok();
            Shell.await(
                    "the volumes of the new pod are there, and empty",
                    Duration.ofSeconds(60),
                    () -> engaged.sh("cat $ROOT/etc/settings/settings.txt").exitCode() == 0
                            && engaged.sh("cat $ROOT/data/x").exitCode() != 0);
        }
    }

    @Test
    public void aDeadClusterFreezesNobody() {
        try (Mode.Engaged engaged = ingest()) {
            Cluster.part("freeze", "apiserver");
            try {
                Result list = engaged.sh("ls -l $ROOT/etc/settings");
                assertTrue(list.millis() < 30_000, list::describe);
                Result df = engaged.sh("df");
                assertTrue(df.millis() < 30_000, df::describe);
                Result quit = mode.telepresence("quit", "-s").ok();
                assertTrue(quit.millis() < 10_000, quit::describe);
                engaged.assertGone();
            } finally {
                Cluster.part("thaw", "apiserver");
            }
        }
        Shell.await(
                "connected again", Duration.ofSeconds(60), () -> mode.connect().exitCode() == 0);
    }

    private Mode.Engaged ingest() {
        Mode.Engaged engaged = mode.engage(8080, "local", "ingest", "example-app");
        assertEquals(0, engaged.sh("cat $ROOT/etc/settings/settings.txt").exitCode(), "mounted when ingest returns");
        return engaged;
    }

    private static Result colour(String name) {
        return Cluster.kubectl(
                "patch", "configmap", "example-app", "-p", "{\"data\":{\"settings.txt\":\"colour=" + name + "\\n\"}}");
    }
}

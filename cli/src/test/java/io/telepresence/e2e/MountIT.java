package io.telepresence.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Volumes of a pod on the laptop, and what becomes of them when something breaks. */
@ExtendWith(Session.class)
class MountIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Path MOUNTS = Laptop.home().resolve("mounted");

    @BeforeAll
    static void connect() {
        LAPTOP.telepresence("connect").ok();
    }

    @AfterAll
    static void quit() {
        LAPTOP.telepresence("quit", "-s");
        Cluster.kubectl("patch", "configmap", "example-app", "-p", "{\"data\":{\"settings.txt\":\"colour=blue\\n\"}}");
    }

    @AfterEach
    void leave() {
        LAPTOP.telepresence("leave", "example-app");
    }

    @Test
    void updatesInTheClusterAreSeen() {
        ingest();
        Cluster.kubectl("patch", "configmap", "example-app", "-p", "{\"data\":{\"settings.txt\":\"colour=red\\n\"}}")
                .ok();
        // The kubelet brings changes of a ConfigMap within its sync period, a minute or so.
        Shell.await("the change arrives", Duration.ofSeconds(150), () -> LAPTOP.run(
                        "cat", MOUNTS + "/etc/settings/settings.txt")
                .stdout()
                .equals("colour=red\n"));
    }

    @Test
    void onlyTheVolumesOfTheContainerAreThere() {
        ingest();
        assertEquals(
                "data etc var",
                LAPTOP.run("ls", MOUNTS.toString()).ok().stdout().strip().replace('\n', ' '));
        LAPTOP.run("ls", MOUNTS + "/tmp").failed();
        LAPTOP.run("cat", MOUNTS + "/etc/passwd").failed();
    }

    @Test
    void aDirectoryThatIsNotEmptyIsRefused() {
        LAPTOP.run("sh", "-c", "mkdir -p " + MOUNTS + "-full && touch " + MOUNTS + "-full/x")
                .ok();
        LAPTOP.telepresence("ingest", "example-app", "--mount", MOUNTS + "-full")
                .failed()
                .says("not empty");
        LAPTOP.telepresence("leave", "example-app").failed().says("not found");
        LAPTOP.run("rm", "-r", MOUNTS + "-full").ok();
    }

    @Test
    void aPodThatIsReplacedIsMountedAgain() {
        LAPTOP.telepresence("intercept", "example-app", "--mount", MOUNTS.toString())
                .ok();
        LAPTOP.run("sh", "-c", "echo old > " + MOUNTS + "/data/x").ok();
        Cluster.kubectl("delete", "pod", "-l", "sample=example-app", "--wait=false")
                .ok();
        Shell.await(
                "the volumes of the new pod are there, and empty",
                Duration.ofSeconds(60),
                () -> LAPTOP.run("cat", MOUNTS + "/etc/settings/settings.txt").exitCode() == 0
                        && LAPTOP.run("cat", MOUNTS + "/data/x").exitCode() != 0);
    }

    @Test
    void aDeadClusterFreezesNobody() throws InterruptedException {
        ingest();
        Cluster.part("freeze", "apiserver");
        try {
            Result list = LAPTOP.run(Duration.ofSeconds(40), "ls", "-l", MOUNTS + "/etc/settings");
            assertTrue(list.millis() < 30_000, list::describe);
            Process df = LAPTOP.start("df");
            assertTrue(df.waitFor(20, TimeUnit.SECONDS), "df ends");
            Result quit = LAPTOP.telepresence("quit", "-s").ok();
            assertTrue(quit.millis() < 10_000, quit::describe);
            assertEquals(
                    "",
                    LAPTOP.run("sh", "-c", "grep " + MOUNTS + " /proc/self/mounts || true")
                            .stdout());
        } finally {
            Cluster.part("thaw", "apiserver");
        }
        Shell.await(
                "connected again",
                Duration.ofSeconds(60),
                () -> LAPTOP.telepresence("connect").exitCode() == 0);
    }

    @Test
    void filesOverAPortAndAPortOfThePod() {
        LAPTOP.telepresence("intercept", "example-app", "--local-mount-port", "2049", "--to-pod", "8080")
                .ok();
        // SFTP version 3: INIT is answered by VERSION.
        Result version = LAPTOP.run(
                "sh",
                "-c",
                "printf '\\000\\000\\000\\005\\001\\000\\000\\000\\003' | socat -t 3 - TCP:127.0.0.1:2049 | head -c 9 | od -An -tu1");
        assertTrue(version.ok().stdout().strip().matches("0 +0 +\\d+ +\\d+ +2 +0 +0 +0 +3"), version::describe);
        LAPTOP.curl("http://127.0.0.1:8080/").ok().says("example-app-");
    }

    private static void ingest() {
        LAPTOP.telepresence("ingest", "example-app", "--mount", MOUNTS.toString())
                .ok();
        assertEquals(
                0, LAPTOP.run("cat", MOUNTS + "/etc/settings/settings.txt").exitCode(), "mounted when ingest returns");
    }
}

package io.telepresence.e2e.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemons on the laptop, whose own file system shows the volumes. */
@ExtendWith(Session.class)
class MountIT extends MountCases {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Path MOUNTS = Laptop.home().resolve("mounted");

    MountIT() {
        super(new OnTheLaptop(LAPTOP));
    }

    @Test
    void onlyTheVolumesOfTheContainerAreThere() {
        LAPTOP.telepresence("ingest", "example-app", "--mount", MOUNTS.toString())
                .ok();
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
}

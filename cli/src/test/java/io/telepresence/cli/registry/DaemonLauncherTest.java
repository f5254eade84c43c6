package io.telepresence.cli.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.fault.FaultException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher against a shell script that stands for bin/telepresence. */
final class DaemonLauncherTest {
    @TempDir
    private Path directory;

    private Path script(String body) throws Exception {
        Path script = Files.writeString(directory.resolve("telepresence"), "#!/bin/sh\n" + body);
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Path log() {
        return directory.resolve("start.log");
    }

    @Test
    void waitsUntilTheDaemonListens() throws Exception {
        Path ready = directory.resolve("ready");
        Path script = script("(sleep 0.2; touch " + ready + "; sleep 1) >/dev/null 2>&1 & echo $!\n");
        new DaemonLauncher(script, true).user(log(), () -> Files.exists(ready));
        assertEquals(true, Files.exists(ready));
    }

    @Test
    void theRootDaemonIsGivenNothingOfTheCallers() throws Exception {
        Path seen = directory.resolve("seen");
        Path script = script("echo \"$@\" > " + seen + "; sleep 1 >/dev/null 2>&1 & echo $!\n");
        new DaemonLauncher(script, true).root(log(), () -> Files.exists(seen));
        assertEquals("rootd --detach\n", Files.readString(seen));
    }

    @Test
    void tellsTheLastWordsOfADaemonThatEnds() throws Exception {
        Path script =
                script("printf 'one\\n\\ntwo\\nno /dev/net/tun\\nend\\n' > " + log() + "; true & echo $!; wait\n");
        FaultException failed =
                assertThrows(FaultException.class, () -> new DaemonLauncher(script, true).user(log(), () -> false));
        assertEquals(
                "the user daemon ended while starting: two / no /dev/net/tun / end",
                failed.fault().text());
        assertEquals(log().toString(), failed.fault().logFile());
    }

    @Test
    void saysWhatIsMissing() {
        FaultException failed =
                assertThrows(FaultException.class, () -> new DaemonLauncher(directory.resolve("none"), true)
                        .user(log(), () -> false));
        assertEquals(
                true, failed.fault().text().startsWith("the user daemon cannot be started with"), failed::toString);
    }
}

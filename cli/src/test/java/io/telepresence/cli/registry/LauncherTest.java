package io.telepresence.cli.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * bin/telepresence as a user may call it as root, where a rule of sudoers is as generous as can be. In namespaces of its
 * own, with an empty /var/log; the java beside it is a script that tells its arguments and environment.
 */
final class LauncherTest {
    private static final String LOGS = "/var/log/telepresence";

    @TempDir
    private Path home;

    private Path victim;

    @BeforeEach
    void install() throws Exception {
        compile();
        Files.createDirectories(home.resolve("lib"));
        Files.writeString(
                home.resolve("lib/launch.conf"),
                """
                program rootd
                daemon
                root
                class io.telepresence.rootd.RootDaemonMain
                more TELEPRESENCE_ROOTD_JAVA_OPTS
                """);
        executable("runtime/bin/java", "#!/bin/sh\necho \"args $*\"\nenv\necho end\n");
        victim = Files.writeString(home.resolve("victim"), "precious");
        assumeTrue(inNamespaces("exit 0") == 0, "namespaces cannot be made here");
    }

    /** Go keeps what it has compiled; without Go there is nothing to test. */
    private void compile() throws Exception {
        ProcessBuilder go = new ProcessBuilder(
                "sh",
                "-c",
                "PATH=$PATH:/usr/local/go/bin; CGO_ENABLED=0 exec go build -o \"$0\" .",
                home.resolve("bin/telepresence").toString());
        Process compiling = go.directory(
                        Path.of("../scripts/lib/build/launcher").toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(compiling.getInputStream().readAllBytes());
        int code = compiling.waitFor();
        assumeTrue(code != 127, "there is no Go here");
        assertEquals(0, code, said);
    }

    private void executable(String name, String text) throws IOException {
        Path file = home.resolve(name);
        Files.createDirectories(file.getParent());
        Files.setPosixFilePermissions(Files.writeString(file, text), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** What is printed goes to the file out of {@link #home}, and the logs to its directory logs. */
    private int inNamespaces(String script) throws Exception {
        boolean root = ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid")) == 0;
        List<String> command = new ArrayList<>(List.of("unshare", "--mount", "--propagation", "private"));
        if (!root) {
            command.add("--map-root-user");
        }
        String cover = "mount -t tmpfs none /var/log && cd " + home + " && ";
        String wait = "; code=$?; [ $code != 0 ] || for i in $(seq 500); do grep -qs ^end$ " + LOGS
                + "/daemon-start.log && break; sleep 0.01; done; cp -rP " + LOGS + " logs; exit $code";
        command.addAll(List.of("sh", "-c", cover + script + wait));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("out").toFile())
                .start();
        assertTrue(process.waitFor(20, TimeUnit.SECONDS));
        return process.exitValue();
    }

    private String startLog() throws IOException {
        return Files.readString(home.resolve("logs/daemon-start.log"));
    }

    @Test
    void noPathOfTheCallersIsTouched() throws Exception {
        assertEquals(0, inNamespaces("SUDO_UID=1000 bin/telepresence rootd --detach victim '/tmp/evil.so '"));
        assertEquals("precious", Files.readString(victim));
        assertTrue(startLog().contains("io.telepresence.rootd.RootDaemonMain victim /tmp/evil.so"), this::out);
        assertTrue(Files.readString(home.resolve("out")).matches("\\d+\n"), this::out);
    }

    @Test
    void aLinkInThePlaceOfTheLogIsReplaced() throws Exception {
        String link = "mkdir -m 777 " + LOGS + "; ln -s " + victim + " " + LOGS + "/daemon-start.log; ";
        assertEquals(0, inNamespaces(link + "SUDO_UID=1000 bin/telepresence rootd --detach"));
        assertEquals("precious", Files.readString(victim));
        assertFalse(Files.isSymbolicLink(home.resolve("logs/daemon-start.log")));
        assertEquals("rwxr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("logs"))));
    }

    @Test
    void aDirectoryThatIsALinkIsRefused() throws Exception {
        Files.createDirectory(home.resolve("elsewhere"));
        assertNotEquals(
                0,
                inNamespaces("ln -s " + home.resolve("elsewhere") + " " + LOGS
                        + "; SUDO_UID=1000 timeout 5 bin/telepresence rootd --detach"));
        assertFalse(Files.exists(home.resolve("elsewhere/daemon-start.log")));
        assertTrue(out().contains("telepresence: use " + LOGS + ": not a directory"), this::out);
    }

    @Test
    void nothingOfTheCallersEnvironmentReachesTheRootDaemon() throws Exception {
        String environment = "TELEPRESENCE_ROOTD_JAVA_OPTS=-Devil JAVA_TOOL_OPTIONS=-Devil JDK_JAVA_OPTIONS=-Devil"
                + " _JAVA_OPTIONS=-Devil CLASSPATH=evil PATH=" + home + "/evil:$PATH ";
        assertEquals(0, inNamespaces(environment + "SUDO_UID=1000 bin/telepresence rootd --detach"));
        assertFalse(startLog().contains("evil"), this::out);
        assertEquals(0, inNamespaces("rm -r logs; " + environment + "bin/telepresence rootd --detach"));
        assertTrue(startLog().contains("-Devil"), "root itself may");
    }

    private String out() {
        try {
            return Files.readString(home.resolve("out"));
        } catch (IOException e) {
            return e.toString();
        }
    }
}

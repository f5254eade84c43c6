package io.telepresence.userd.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.MountRequest;
import java.io.Closeable;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class MountTest {
    @TempDir
    Path directory;

    /** The mounts do not show outside: a namespace of its own, which goes with the process. */
    @Test
    void mountsForReal() throws Exception {
        Optional<String> missing = cannot();
        missing.ifPresent(why -> System.out.println("mounts are not tried: " + why));
        assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
        Path real = directory.toRealPath();
        File output = real.resolve("output").toFile();
        Process process = new ProcessBuilder(
                        "unshare",
                        "-m",
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MountFixture.class.getName(),
                        real.toString())
                .redirectErrorStream(true)
                .redirectOutput(output)
                .start();
        boolean done = process.waitFor(100, TimeUnit.SECONDS);
        process.destroyForcibly();
        String said = Files.readString(output.toPath())
                .lines()
                .filter(l -> !l.contains(" DEBUG "))
                .reduce("", (a, b) -> a + b + "\n");
        assertTrue(done && process.exitValue() == 0 && said.contains("ok all"), said);
    }

    @Test
    void aMountPointIsAnEmptyDirectoryOfTheUser() throws Exception {
        long uid = ((Number) Files.getAttribute(directory, "unix:uid")).longValue();
        MountPoint made = MountPoint.chosen(directory.resolve("new").toString(), uid);
        assertTrue(made.made());
        assertEquals("r-x------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made.directory())));
        try (Closeable open = made.open()) {
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made.directory())));
            assertNotNull(open);
        }
        assertEquals("r-x------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made.directory())));
        made.remove();
        assertTrue(Files.notExists(made.directory()));

        Path empty = Files.createDirectory(directory.resolve("empty"));
        MountPoint kept = MountPoint.chosen(empty.toString(), uid);
        kept.remove();
        assertTrue(Files.exists(empty));

        Path file = Files.writeString(directory.resolve("file"), "");
        refused("relative/path", "it is not an absolute path");
        refused(file.toString(), "it is not a directory");
        refused(directory.toString(), "it is not empty");
        refused(directory.resolve("a/b").toString(), "its parent directory does not exist");
        refused("/proc", "something is mounted there");
        FaultException notOwn =
                assertThrows(FaultException.class, () -> MountPoint.chosen(empty.toString(), uid + 1000));
        assertTrue(
                notOwn.fault().text().endsWith("you cannot write to it"),
                notOwn.fault().text());
    }

    @Test
    void withoutSshfsOnlyAChosenMountPointIsAMistake() throws Exception {
        Sshfs none = new Sshfs(Map.of("PATH", directory.toString()), false);
        assumeTrue(none.missing().isPresent(), "sshfs is installed for the whole system");
        Mounts mounts = new Mounts(null, new Mounts.Settings(Map.of(), directory, directory.resolve("j"), 0));
        assertTrue(
                mounts.prepare(MountRequest.getDefaultInstance(), false).error().startsWith("sshfs is not"));
        MountRequest path = MountRequest.newBuilder()
                .setMode(MountRequest.Mode.PATH)
                .setPath(directory.resolve("p").toString())
                .build();
        assertThrows(FaultException.class, () -> mounts.prepare(path, false));
        assertTrue(Files.notExists(directory.resolve("p")));
    }

    @Test
    void oneMountPointForOneEngagement() throws Exception {
        assumeTrue(new Sshfs(System.getenv(), false).missing().isEmpty(), "no sshfs here");
        Mounts mounts = new Mounts(null, new Mounts.Settings(System.getenv(), directory, directory.resolve("j"), 0));
        Path point = directory.toRealPath().resolve("p");
        MountRequest path = MountRequest.newBuilder()
                .setMode(MountRequest.Mode.PATH)
                .setPath(point.toString())
                .build();
        MountRequest below =
                path.toBuilder().setPath(point.resolve("q").toString()).build();
        try (Mounts.Volumes first = mounts.prepare(path, false)) {
            assertEquals(Optional.of(point), first.directory());
            for (MountRequest second : List.of(path, below)) {
                FaultException busy = assertThrows(FaultException.class, () -> mounts.prepare(second, false));
                assertEquals(
                        "the mount point " + point + " is used by another engagement",
                        busy.fault().text());
            }
        }
        mounts.prepare(path, false).close();
        assertTrue(Files.notExists(point));
    }

    private static Optional<String> cannot() throws Exception {
        Optional<String> missing = new Sshfs(System.getenv(), false).missing();
        if (missing.isPresent()) {
            return missing;
        }
        if (!Files.isExecutable(MountFixture.FAR_END)) {
            return Optional.of("no " + MountFixture.FAR_END);
        }
        Process probe = new ProcessBuilder("unshare", "-m", "true").start();
        return probe.waitFor() == 0 ? Optional.empty() : Optional.of("no mount namespace may be made here");
    }

    private void refused(String path, String why) {
        FaultException refused = assertThrows(FaultException.class, () -> MountPoint.chosen(path, 0));
        assertEquals("cannot mount on \"" + path + "\": " + why, refused.fault().text());
    }
}

package io.telepresence.userd.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a daemon that was killed left is taken away by the next one; what a living one has, and what is no mount, is not. */
class MountJournalTest {
    @TempDir
    Path home;

    private Path directory;
    private MountJournal journal;

    @BeforeEach
    void open() {
        directory = home.resolve("journal");
        journal = new MountJournal(directory);
    }

    private List<Path> entries() throws Exception {
        try (var all = Files.list(directory)) {
            return all.toList();
        }
    }

    /** As a daemon that is no more wrote it. */
    private void dead(boolean made, Path at) throws Exception {
        Files.createDirectories(directory);
        long pid;
        Process process = new ProcessBuilder("true").start();
        pid = process.pid();
        process.waitFor();
        Files.writeString(directory.resolve("mount-1"), pid + "\n2020-01-01T00:00:00Z\n" + made + "\n" + at);
    }

    @Test
    void whereNothingWasMountedNothingIsDone() {
        journal.cleanUp();
        assertFalse(Files.exists(directory));
    }

    @Test
    void whatALivingDaemonHasStaysUntilItForgetsIt() throws Exception {
        MountPoint point = MountPoint.temporary(home);
        AutoCloseable entry = journal.enter(point);
        journal.cleanUp();
        assertEquals(1, entries().size());
        assertTrue(Files.exists(point.directory()));
        entry.close();
        assertEquals(List.of(), entries());
    }

    @Test
    void anEmptyMountPointThatADeadDaemonMadeIsRemoved() throws Exception {
        Path at = MountPoint.temporary(home).directory();
        dead(true, at);
        journal.cleanUp();
        assertFalse(Files.exists(at));
        assertEquals(List.of(), entries());
    }

    @Test
    void theUsersOwnDirectoryStays() throws Exception {
        Path at = Files.createDirectory(home.resolve("own\nwith a strange name"));
        dead(false, at);
        journal.cleanUp();
        assertTrue(Files.exists(at));
        assertEquals(List.of(), entries());
    }

    @Test
    void filesAreNeverRemoved() throws Exception {
        Path at = Files.createDirectory(home.resolve("full"));
        Files.createFile(at.resolve("kept"));
        dead(true, at);
        journal.cleanUp();
        assertTrue(Files.exists(at.resolve("kept")));
    }

    @Test
    void somethingElseThatIsMountedThereStays() throws Exception {
        dead(true, Path.of("/proc"));
        journal.cleanUp();
        assertTrue(Files.exists(Path.of("/proc/self")));
        assertEquals(List.of(), entries());
    }

    @Test
    void anotherProcessWithTheNumberOfADeadDaemonIsNotTheDaemon() throws Exception {
        Path at = MountPoint.temporary(home).directory();
        Files.createDirectories(directory);
        Files.writeString(
                directory.resolve("mount-1"), ProcessHandle.current().pid() + "\n1999-01-01T00:00:00Z\ntrue\n" + at);
        journal.cleanUp();
        assertFalse(Files.exists(at));
    }

    @Test
    void anEntryThatWasCutOffIsDroppedAndDoesNotKeepTheOthers() throws Exception {
        Path at = MountPoint.temporary(home).directory();
        dead(true, at);
        Files.writeString(directory.resolve("mount-0"), "12");
        Files.writeString(directory.resolve("mount-2"), "no number\nx\ntrue\n" + home.resolve("nowhere"));
        journal.cleanUp();
        assertEquals(List.of(), entries());
        assertFalse(Files.exists(at));
    }
}

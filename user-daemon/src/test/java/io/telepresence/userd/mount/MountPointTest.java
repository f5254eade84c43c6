package io.telepresence.userd.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.Closeable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing of the user's is hidden by a mount or removed with it, and nothing is written below one that is not there. */
class MountPointTest {
    @TempDir
    Path given;

    private Path home;
    private long uid;

    @BeforeEach
    void owner() throws Exception {
        home = given.toRealPath();
        uid = ((Number) Files.getAttribute(home, "unix:uid")).longValue();
    }

    private static String mode(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private void assertRefused(String path, String why) {
        Fault fault = assertThrows(FaultException.class, () -> MountPoint.chosen(path, uid))
                .fault();
        assertEquals("cannot mount on \"" + path + "\": " + why, fault.text());
        assertEquals("Name an empty directory of yours, or one that does not exist yet", fault.remedy());
    }

    @Test
    void aTemporaryOneIsNewEachTimeAndShut() throws Exception {
        MountPoint one = MountPoint.temporary(home.resolve("root"));
        MountPoint other = MountPoint.temporary(home.resolve("root"));
        assertFalse(one.directory().equals(other.directory()));
        assertTrue(one.made());
        assertEquals("r-x------", mode(one.directory()));
        one.remove();
        assertFalse(Files.exists(one.directory()));
        assertTrue(Files.exists(other.directory()));
    }

    @Test
    void oneThatDoesNotExistIsMadeAndRemoved() throws Exception {
        MountPoint point = MountPoint.chosen(home.resolve("new").toString(), uid);
        assertTrue(point.made());
        assertEquals("r-x------", mode(point.directory()));
        point.remove();
        assertFalse(Files.exists(point.directory()));
    }

    @Test
    void theUsersOwnStaysAsItWas() throws Exception {
        Path own = Files.createDirectory(home.resolve("own"));
        String before = mode(own);
        MountPoint point = MountPoint.chosen(own.toString(), uid);
        assertFalse(point.made());
        try (Closeable open = point.open()) {
            assertEquals(before, mode(own), open::toString);
        }
        point.remove();
        assertTrue(Files.exists(own));
        assertEquals(before, mode(own));
    }

    @Test
    void aLinkLeadsToWhereItLeads() throws Exception {
        Path own = Files.createDirectory(home.resolve("own"));
        Path link = Files.createSymbolicLink(home.resolve("link"), own);
        assertEquals(own, MountPoint.chosen(link.toString(), uid).directory());
    }

    @Test
    void whatMayNotBeHiddenIsRefused() throws Exception {
        assertRefused("relative", "it is not an absolute path");
        assertRefused(home.resolve("not/there").toString(), "its parent directory does not exist");
        Path file = Files.createFile(home.resolve("file"));
        assertRefused(file.toString(), "it is not a directory");
        assertRefused(file.resolve("below").toString(), "Not a directory");
        Path full = Files.createDirectory(home.resolve("full"));
        Files.createFile(full.resolve("a"));
        assertRefused(full.toString(), "it is not empty");
        assertRefused("/proc", "something is mounted there");
        Path dangling = Files.createSymbolicLink(home.resolve("dangling"), home.resolve("nowhere"));
        assertThrows(FaultException.class, () -> MountPoint.chosen(dangling.toString(), uid));
        assertFalse(Files.exists(home.resolve("nowhere")));
    }

    @Test
    void oneThatWeMadeIsOpenOnlyWhileItIsMountedOn() throws Exception {
        MountPoint point = MountPoint.temporary(home);
        try (Closeable open = point.open()) {
            assertEquals("rwx------", mode(point.directory()), open::toString);
        }
        assertEquals("r-x------", mode(point.directory()));
    }

    @Test
    void whatAProgramLeftThereIsNotRemovedAndBecomesItsOwners() throws Exception {
        MountPoint point = MountPoint.temporary(home);
        try (Closeable open = point.open()) {
            Files.createFile(point.directory().resolve("kept"));
            assertTrue(Files.exists(point.directory().resolve("kept")), open::toString);
        }
        point.remove();
        assertTrue(Files.exists(point.directory().resolve("kept")));
        assertEquals("rwx------", mode(point.directory()), "its owner can take it away");
    }
}

package io.telepresence.rootd;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** As root: whose a file is counts. */
class RootDirectoryTest {
    @TempDir
    Path temporary;

    private Path logs;

    @BeforeEach
    void onlyAsRoot() throws Exception {
        assumeTrue((Integer) Files.getAttribute(temporary, "unix:uid") == 0, "not root");
        logs = Files.createDirectory(temporary.resolve("logs"));
    }

    private static void refused(Executable action) {
        assertEquals(
                Fault.Kind.DENIED,
                assertThrows(FaultException.class, action).fault().kind());
    }

    @Test
    void aDirectoryIsRootsOwnAndClosedToOthers() throws Exception {
        Files.setPosixFilePermissions(logs, PosixFilePermissions.fromString("rwxrwxrwx"));
        RootDirectory.open(logs, false);
        assertEquals("rwxr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(logs)));
        assertDoesNotThrow(() -> RootDirectory.open(temporary.resolve("new/one"), false));

        refused(() -> RootDirectory.open(Files.createSymbolicLink(temporary.resolve("link"), logs), false));
        refused(() -> RootDirectory.open(
                Files.createSymbolicLink(temporary.resolve("dangling"), temporary.resolve("none")), false));
        Files.setAttribute(logs, "unix:uid", 1000);
        refused(() -> RootDirectory.open(logs, false));
        refused(() -> RootDirectory.open(logs, true));
    }

    @Test
    void aFileIsAnOrdinaryOneOfRoots() throws Exception {
        Path file = logs.resolve("daemon.log");
        RootDirectory.checkFile(file);
        Files.writeString(file, "");
        RootDirectory.checkFile(file);
        Files.setAttribute(file, "unix:uid", 1000);
        refused(() -> RootDirectory.checkFile(file));
        Files.delete(file);
        Files.createSymbolicLink(file, temporary.resolve("victim"));
        refused(() -> RootDirectory.checkFile(file));
    }
}

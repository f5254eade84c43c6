package io.telepresence.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nobody else can enter a directory in which sockets are, nor have made it. */
class OwnedDirectoryTest {
    @TempDir
    Path home;

    private Path directory;
    private long uid;

    @BeforeEach
    void name() throws Exception {
        directory = home.resolve("run").resolve("telepresence");
        uid = ((Number) Files.getAttribute(home, "unix:uid")).longValue();
    }

    private static String mode(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private void assertRefused() {
        Fault fault = assertThrows(FaultException.class, () -> OwnedDirectory.create(directory, uid))
                .fault();
        assertEquals(Fault.Kind.DENIED, fault.kind());
        assertTrue(fault.text().contains(directory.toString()), fault::text);
        assertTrue(fault.remedy().contains("XDG_RUNTIME_DIR"), fault::remedy);
    }

    @Test
    void itIsMadeWithItsParentsAndFoundAgain() throws Exception {
        assertEquals(directory, OwnedDirectory.create(directory, uid));
        assertEquals("rwx------", mode(directory));
        Files.createFile(directory.resolve("socket"));
        assertEquals(directory, OwnedDirectory.create(directory, uid));
        assertTrue(Files.exists(directory.resolve("socket")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxr-xr-x", "rwxrwx---", "rwx--x---", "rwx-----x", "rwx---r--"})
    void oneThatOthersCanEnterIsRefusedAndNotQuietlyClosed(String mode) throws Exception {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
        assertRefused();
        assertEquals(mode, mode(directory));
    }

    @Test
    void oneOfSomebodyElseIsRefused() throws Exception {
        OwnedDirectory.create(directory, uid);
        uid++;
        assertRefused();
    }

    @Test
    void aLinkIsRefusedWhereverItLeads() throws Exception {
        Path real = OwnedDirectory.create(home.resolve("real"), uid);
        Files.createDirectories(directory.getParent());
        Files.createSymbolicLink(directory, real);
        assertRefused();
    }

    @Test
    void aFileIsRefused() throws Exception {
        Files.createDirectories(directory.getParent());
        Files.createFile(directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        assertRefused();
    }

    @Test
    void belowAFileNothingCanBeMade() throws Exception {
        Files.createFile(home.resolve("run"));
        Fault fault = assertThrows(FaultException.class, () -> OwnedDirectory.create(directory, uid))
                .fault();
        assertEquals(Fault.Kind.INTERNAL, fault.kind());
        assertTrue(fault.text().contains(directory.toString()), fault::text);
    }
}

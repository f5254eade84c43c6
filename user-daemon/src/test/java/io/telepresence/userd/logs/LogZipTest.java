package io.telepresence.userd.logs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything that could be read is in it, what could not is told, and of hidden names nothing is left. */
class LogZipTest {
    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("logs.zip");
    }

    private Map<String, String> entries() throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (InputStream in = Files.newInputStream(file);
                ZipInputStream zip = new ZipInputStream(in)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                all.put(entry.getName(), new String(zip.readAllBytes(), UTF_8));
            }
        }
        return all;
    }

    @Test
    void aLogComesWithTheOnesBefore() throws Exception {
        Path log = Files.writeString(directory.resolve("daemon.log"), "now");
        Files.writeString(directory.resolve("daemon.log.1"), "before");
        Files.writeString(directory.resolve("daemon.log.3"), "not its own: there is no second");
        try (LogZip zip = LogZip.create(file, false, false)) {
            zip.file(log);
            zip.file(directory.resolve("missing.log"));
            zip.data("pod.log", "of a pod".getBytes(UTF_8));
            zip.error("pod two does not answer");
            assertEquals(
                    List.of(directory.resolve("missing.log") + " does not exist", "pod two does not answer"),
                    zip.errors());
        }
        assertEquals(Map.of("daemon.log", "now", "daemon.log.1", "before", "pod.log", "of a pod"), entries());
    }

    @Test
    void oneThatCannotBeReadDoesNotKeepTheOthersOut() throws Exception {
        Path unreadable = Files.createDirectory(directory.resolve("a.log"));
        try (LogZip zip = LogZip.create(file, false, false)) {
            zip.file(unreadable);
            zip.data("b.log", new byte[0]);
            zip.data("b.log", new byte[0]);
            assertEquals(2, zip.errors().size(), () -> zip.errors().toString());
        }
        assertEquals(Set.of("b.log"), entries().keySet());
    }

    @Test
    void hiddenNamesAreNowhereNotEvenInPart() throws Exception {
        try (LogZip zip = LogZip.create(file, true, false)) {
            zip.hide("namespace", new LinkedHashSet<>(List.of("shop", "shop-secret")));
            zip.hide("pod", new LinkedHashSet<>(List.of("shop-secret-7d9f", "db")));
            zip.data("shop-secret-7d9f.shop-secret.log", "shop-secret-7d9f of shop-secret calls shop".getBytes(UTF_8));
        }
        Map<String, String> all = entries();
        assertFalse(all.toString().contains("shop"), all::toString);
        assertFalse(all.toString().contains("secret"), all::toString);
        assertFalse(all.toString().contains("7d9f"), all::toString);
        assertEquals(Map.of("pod-3.namespace-2.log", "pod-3 of namespace-2 calls namespace-1"), all);
    }

    @Test
    void withoutThatNamesStay() throws Exception {
        try (LogZip zip = LogZip.create(file, false, false)) {
            zip.hide("pod", Set.of("echo"));
            zip.data("echo.log", "echo".getBytes(UTF_8));
        }
        assertEquals(Map.of("echo.log", "echo"), entries());
    }

    @Test
    void onlyItsUserReadsItUnlessItIsMadeForAnother() throws Exception {
        Files.writeString(file, "what was there before");
        LogZip.create(file, false, false).close();
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        LogZip.create(file, false, true).close();
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void whatIsNoZipFileIsNotOverwritten() throws Exception {
        Path other = Files.writeString(directory.resolve("thesis.txt"), "years of work");
        FaultException fault = assertThrows(FaultException.class, () -> LogZip.create(other, false, false));
        assertTrue(fault.fault().text().endsWith("must end in .zip"), fault.fault()::text);
        assertEquals("years of work", Files.readString(other));
        assertThrows(FaultException.class, () -> LogZip.create(Path.of("relative.zip"), false, false));
        assertThrows(FaultException.class, () -> LogZip.create(directory.resolve("no/where.zip"), false, false));
    }
}

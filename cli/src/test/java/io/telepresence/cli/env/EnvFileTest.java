package io.telepresence.cli.env;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.fault.FaultException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EnvFileTest {
    @TempDir
    Path directory;

    private EnvFile file(String name) {
        return new EnvFile(directory.resolve(name), EnvSyntax.DOCKER);
    }

    @Test
    void onlyTheOwnerReadsItEvenIfOthersCouldBefore() throws Exception {
        Path path = Files.writeString(directory.resolve("env"), "old and much longer than what comes");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
        file("env").check();
        file("env").write(Map.of("A", "1"));
        assertEquals("A=1\n", Files.readString(path));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        assertEquals(List.of("env"), names());
    }

    @Test
    void aLinkStaysALink() throws Exception {
        Files.createDirectory(directory.resolve("else"));
        Path target = Files.writeString(directory.resolve("else/env"), "old");
        Files.createSymbolicLink(directory.resolve("link"), target);
        file("link").check();
        file("link").write(Map.of("A", "1"));
        assertEquals("A=1\n", Files.readString(target));
        assertEquals(true, Files.isSymbolicLink(directory.resolve("link")));
    }

    @Test
    void whatIsNoRegularFileIsWrittenTo() throws Exception {
        EnvFile nowhere = new EnvFile(Path.of("/dev/null"), EnvSyntax.DOCKER);
        nowhere.check();
        nowhere.write(Map.of("A", "1"));
        assertEquals(false, Files.isRegularFile(Path.of("/dev/null")));
    }

    @Test
    void whatCannotBeWrittenIsFoundBefore() throws Exception {
        assertRefused("no/env", "there is no directory " + directory.resolve("no"));
        Files.writeString(directory.resolve("plain"), "");
        assertRefused("plain/env", "there is no directory " + directory.resolve("plain"));
        assertRefused(".", "it is a directory");
    }

    @Test
    void aFailureLeavesTheOldFile() throws Exception {
        Path path = Files.writeString(directory.resolve("env"), "old");
        assertThrows(FaultException.class, () -> file("env").write(Map.of("A", "1\n2")));
        assertEquals("old", Files.readString(path));
        assertEquals(List.of("env"), names());
    }

    private void assertRefused(String name, String why) {
        FaultException e = assertThrows(FaultException.class, file(name)::check);
        assertEquals(
                "the environment cannot be written to " + directory.resolve(name) + ": " + why,
                e.fault().text());
    }

    private List<String> names() throws Exception {
        try (var entries = Files.list(directory)) {
            return entries.map(p -> p.getFileName().toString()).toList();
        }
    }
}

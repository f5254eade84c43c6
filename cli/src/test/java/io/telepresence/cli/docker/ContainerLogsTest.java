package io.telepresence.cli.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ContainerLogsTest {
    @TempDir
    private Path home;

    private Path logs;
    private Path file;
    private long owner;

    @BeforeEach
    void aDaemonHasRun() throws IOException {
        logs = Files.createDirectories(home.resolve("logs/tp-x"));
        file = Files.writeString(logs.resolve("connector.log"), "of the one before");
        owner = ((Number) Files.getAttribute(file, "unix:uid")).longValue();
    }

    @ParameterizedTest(name = "files are this user''s: {0}, the next daemon is a stranger: {1}")
    @CsvSource({"true, true, false", "true, false, true", "false, true, true", "false, false, false"})
    void whatTheNextDaemonCouldNotWriteIsDeleted(boolean ours, boolean stranger, boolean stays) throws IOException {
        ContainerLogs.prepare(logs, ours ? owner : owner + 1, stranger);
        assertEquals(stays, Files.exists(file));
    }

    @Test
    void strangersWriteWhereOnlyThisUserGets() throws IOException {
        ContainerLogs.prepare(logs, owner, true);
        assertEquals("rwx------ rwxrwxrwx", permissions(logs.getParent()) + " " + permissions(logs));
        ContainerLogs.prepare(logs, owner, false);
        assertEquals("rwx------", permissions(logs));
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}

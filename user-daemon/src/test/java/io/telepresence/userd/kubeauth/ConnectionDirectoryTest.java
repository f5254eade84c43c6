package io.telepresence.userd.kubeauth;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A helper serves the connection that it was started for, and no other one of that name. */
class ConnectionDirectoryTest {
    @TempDir
    private Path root;

    private Path path;

    @BeforeEach
    void make() throws IOException {
        path = Files.createDirectory(root.resolve("connection"));
    }

    @Test
    void whatIsWrittenIntoItChangesNothing() throws IOException {
        try (ConnectionDirectory directory = ConnectionDirectory.open(path)) {
            Files.createFile(path.resolve("connector.sock"));
            assertTrue(directory.isThere());
        }
    }

    @Test
    void itIsGoneWhenTheConnectionIs() throws IOException {
        try (ConnectionDirectory directory = ConnectionDirectory.open(path)) {
            Files.delete(path);
            assertFalse(directory.isThere());
        }
    }

    /** At once, and again and again: no file system may give it the number of the one before. */
    @Test
    void theNextConnectionOfThatNameHasAnotherOne() throws IOException {
        for (int i = 0; i < 100; i++) {
            try (ConnectionDirectory directory = ConnectionDirectory.open(path)) {
                Files.delete(path);
                Files.createDirectory(path);
                assertFalse(directory.isThere());
            }
        }
    }

    @Test
    void aConnectionThatIsGoneAlreadyHasNone() throws IOException {
        Files.delete(path);
        assertThrows(IOException.class, () -> ConnectionDirectory.open(path));
    }
}

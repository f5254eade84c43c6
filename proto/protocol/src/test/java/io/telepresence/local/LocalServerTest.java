package io.telepresence.local;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom the sockets' files let in. */
class LocalServerTest {
    @TempDir
    Path directory;

    @Test
    void onlyItsOwnerOrAGroup() throws Exception {
        long uid = ((Number) Files.getAttribute(directory, "unix:uid")).longValue();
        GroupPrincipal group =
                Files.readAttributes(directory, PosixFileAttributes.class).group();
        Path own = directory.resolve("own");
        Path shared = directory.resolve("shared");
        try (LocalServer first = LocalServer.start(own, uid, Set.of(uid), List.of());
                LocalServer second = LocalServer.startForGroup(shared, group, List.of())) {
            assertEquals("rw-------", mode(own), first::toString);
            assertEquals("rw-rw----", mode(shared), second::toString);
            assertEquals(
                    group,
                    Files.readAttributes(shared, PosixFileAttributes.class).group());
        }
    }

    private static String mode(Path file) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}

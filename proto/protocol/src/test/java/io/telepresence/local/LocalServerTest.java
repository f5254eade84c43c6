package io.telepresence.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
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

    /** Else a client that looks for a daemon which is just starting would take it for another user's. */
    @Test
    void nobodySeesASocketBeforeItIsSaidWhoMayUseIt() throws Exception {
        Path socket = directory.resolve("socket");
        List<Boolean> seen = new ArrayList<>();
        LocalServer.Permission permission = bound -> {
            seen.add(Files.exists(socket));
            assertTrue(Files.exists(bound));
        };
        try (LocalServer server = LocalServer.start(socket, PeerCheck.anybody(), List.of(), permission);
                SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            assertTrue(client.isConnected(), server::toString);
            assertEquals(List.of(false), seen);
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(List.of(), left.toList());
        }
    }

    private static String mode(Path file) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}

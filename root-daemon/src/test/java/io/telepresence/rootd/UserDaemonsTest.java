package io.telepresence.rootd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.local.NamedSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserDaemonsTest {
    @TempDir
    Path directory;

    @Test
    void anOwnersIsTakenAndRootsIsNot() {
        assertTrue(UserDaemons.of(Set.of(1000L)).mayOwn(1000));
        assertFalse(UserDaemons.of(Set.of(1000L)).mayOwn(0));
        assertFalse(UserDaemons.of(Set.of(1000L)).mayOwn(1001));
    }

    @Test
    void aMembersProcessIsTakenAndRootsIsNot() throws Exception {
        int self = (int) ProcessHandle.current().pid();
        int own = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:gid");
        Path socket = Files.writeString(directory.resolve("socket"), "");
        assertEquals(own, Files.getAttribute(socket, "unix:gid"));
        NamedSocket.Listeners members = UserDaemons.ofGroupOf(socket);
        assertTrue(members.mayListen(self));
        assertFalse(members.mayListen(Integer.MAX_VALUE), "no such process");
        assertFalse(UserDaemons.ofGroupOf(directory.resolve("none")).mayListen(self));
        assertFalse(members.mayOwn(0));
        assertTrue(members.mayOwn(1000));
        assumeTrue(own == 0, "not root");
        Files.setAttribute(socket, "unix:gid", 54_321);
        assertFalse(members.mayListen(self));
    }
}

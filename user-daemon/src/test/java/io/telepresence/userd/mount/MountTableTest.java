package io.telepresence.userd.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the kernel says of mounts is read as the kernel writes it. */
class MountTableTest {
    @Test
    void typesByMountPoint() {
        String table =
                """
                22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
                40 22 0:35 / /tmp/telfs-1 rw,nosuid shared:9 master:2 - fuse.sshfs pod: rw,user_id=0
                41 22 0:36 / /no/optional/fields rw - tmpfs none rw
                """;
        assertEquals(
                Map.of("/", "ext4", "/tmp/telfs-1", "fuse.sshfs", "/no/optional/fields", "tmpfs"),
                MountTable.parse(table));
    }

    @Test
    void spacesAndLettersOfAllKindsAreWrittenInOctal() {
        String table = "1 1 0:1 / /a\\040b\\011c\\134d rw - fuse.sshfs x rw\n";
        assertEquals(Map.of("/a b\tc\\d", "fuse.sshfs"), MountTable.parse(table));
    }

    @Test
    void ofTwoOnTopOfEachOtherTheUpperOneIsSeen() {
        String table = "1 1 0:1 / /a rw - ext4 x rw\n2 1 0:2 / /a rw - fuse.sshfs y rw\n";
        assertEquals(Map.of("/a", "fuse.sshfs"), MountTable.parse(table));
    }

    @Test
    void linesThatAreNoneAreLeftOut() {
        assertEquals(Map.of(), MountTable.parse("\nnonsense\n1 2 3\n1 1 0:1 / /a rw no separator here\n"));
    }

    @Test
    void theKernelsOwnTable() {
        assertEquals(Optional.of("proc"), MountTable.type(Path.of("/proc")));
        assertEquals(Optional.empty(), MountTable.type(Path.of("/proc/self")));
    }
}

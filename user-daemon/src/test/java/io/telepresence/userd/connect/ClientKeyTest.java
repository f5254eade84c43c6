package io.telepresence.userd.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientKeyTest {
    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("below/seat-key");
    }

    private String seat(String machine, String connection) {
        return seat(ClientKey.read(file, machine), connection);
    }

    private static String seat(ClientKey key, String connection) {
        return key.seat(connection, "https://one:6443", "ambassador");
    }

    @Test
    void eachConnectionHasOneSeatWhoeverReadsTheKey() {
        String host = seat("laptop", "host /run/user/1");
        assertTrue(host.matches("[0-9a-f]{64}"), host);
        assertEquals(host, seat("laptop", "host /run/user/1"));
        assertEquals(
                host,
                seat(ClientKey.of(ClientKey.read(file, "laptop").bytes()), "host /run/user/1"),
                "as a container has it");
        assertNotEquals(host, seat("laptop", "container one"));
        assertNotEquals(seat("laptop", "container two"), seat("laptop", "container one"));
        assertNotEquals(host, seat("desk", "host /run/user/1"), "a home that two machines have");
    }

    @Test
    void noManagerLearnsTheSeatAtAnother() {
        ClientKey key = ClientKey.read(file, "laptop");
        String one = key.seat("host", "https://one:6443", "ambassador");
        assertNotEquals(one, key.seat("host", "https://two:6443", "ambassador"));
        assertNotEquals(one, key.seat("host", "https://one:6443", "other"));
    }

    @Test
    void onlyItsOwnerReadsTheKeyAndNoLogHasIt() throws Exception {
        ClientKey key = ClientKey.read(file, "laptop");
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals("key of seats", key.toString());
        try (var left = Files.list(file.getParent())) {
            assertEquals(List.of(file), left.toList());
        }
    }

    @Test
    void aBrokenFileIsMadeAnewAndWhereNoneCanBeThereIsAKeyAllTheSame() throws Exception {
        seat("laptop", "one");
        Files.write(file, new byte[3]);
        assertEquals(seat("laptop", "one"), seat("laptop", "one"));
        Path nowhere = file.resolve("seat-key");
        assertNotEquals(seat(ClientKey.read(nowhere, "laptop"), "one"), seat(ClientKey.read(nowhere, "laptop"), "one"));
        assertFalse(Files.exists(nowhere));
    }
}

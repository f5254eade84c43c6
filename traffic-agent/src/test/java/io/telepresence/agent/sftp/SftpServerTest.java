package io.telepresence.agent.sftp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The protocol, request by request, over a real flow. */
@Timeout(60)
class SftpServerTest {
    private static final int RW = OpenFile.READ | OpenFile.WRITE;
    private static final int NEW = RW | OpenFile.CREATE;

    @TempDir
    Path directory;

    private Volumes volumes;
    private SftpFixture rig;
    private SftpClient client;
    private boolean readOnly;

    @BeforeEach
    void open() throws Exception {
        volumes = new Volumes(directory.toRealPath());
        rig = new SftpFixture(() -> volumes.tree(readOnly));
        client = SftpClient.greeted(rig.port());
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        rig.close();
    }

    @Test
    void filesAreWrittenAndReadAnywhere() throws Exception {
        byte[] handle = client.open("/data/new", NEW).handle();
        assertEquals(0, client.status(6, handle, 3L, "def"));
        assertEquals(0, client.status(6, handle, 0L, "abc"));
        assertEquals(0, client.status(200, "fsync@openssh.com", handle));
        assertEquals("abcdef", client.ask(5, handle, 0L, 100).data());
        assertEquals("cd", client.ask(5, handle, 2L, 2).data());
        assertEquals(SftpStatus.EOF, client.status(5, handle, 6L, 1));
        assertEquals(SftpStatus.EOF, client.status(5, handle, -1L, 1));
        assertEquals(SftpStatus.FAILURE, client.status(6, handle, -1L, "x"));
        assertEquals(6, client.ask(8, handle).size());
        assertEquals(0, client.status(4, handle));
        assertEquals(SftpStatus.FAILURE, client.status(4, handle));
        assertEquals("abcdef", Files.readString(volumes.data.resolve("new")));
    }

    @Test
    void theFlagsOfOpenAreKept() throws Exception {
        assertEquals(SftpStatus.NO_SUCH_FILE, client.open("/data/none", RW).status());
        assertEquals(102, client.open("/data/some", NEW | OpenFile.EXCLUSIVE).type());
        assertEquals(
                SftpStatus.FAILURE,
                client.open("/data/some", NEW | OpenFile.EXCLUSIVE).status());
        byte[] appending =
                client.open("/data/file", OpenFile.WRITE | OpenFile.APPEND).handle();
        client.ask(6, appending, 0L, "+");
        byte[] both = client.open("/data/file", RW | OpenFile.APPEND).handle();
        client.ask(6, both, 0L, "++");
        assertEquals("content+++", client.content("/data/file"));
        client.open("/data/file", OpenFile.WRITE | OpenFile.TRUNCATE).handle();
        assertEquals(0, Files.size(volumes.data.resolve("file")));
        client.open("/data/touched", OpenFile.READ | OpenFile.CREATE).handle();
        assertTrue(Files.exists(volumes.data.resolve("touched")));
        assertEquals(SftpStatus.FAILURE, client.open("/data/sub", OpenFile.READ).status());
        assertEquals(SftpStatus.FAILURE, client.open("/etc", OpenFile.READ).status());
    }

    @Test
    void specialFilesAreNotOpened() throws Exception {
        Process made = new ProcessBuilder("mkfifo", volumes.data.resolve("fifo").toString()).start();
        assumeTrue(made.waitFor() == 0, "no mkfifo here");
        assertEquals(
                SftpStatus.FAILURE, client.open("/data/fifo", OpenFile.READ).status());
        assertEquals(SftpStatus.FAILURE, client.status(9, "/data/fifo", 4, 0777));
        assertEquals(105, client.ask(7, "/data/fifo").type());
    }

    @Test
    void directoriesAndLinksAreMadeRenamedAndRemoved() throws Exception {
        assertEquals(0, client.status(14, "/data/made", 4, 0700));
        assertEquals(
                "rwx------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(volumes.data.resolve("made"))));
        assertEquals(SftpStatus.FAILURE, client.status(14, "/data/made", 0));
        assertEquals(0, client.status(18, "/data/file", "/data/made/moved"));
        assertEquals(SftpStatus.FAILURE, client.status(15, "/data/made"));
        assertEquals(SftpStatus.FAILURE, client.status(18, "/data/made/moved", "/data/sub/inner"));
        assertEquals(0, client.status(200, "posix-rename@openssh.com", "/data/made/moved", "/data/sub/inner"));
        assertEquals("content", client.content("/data/sub/inner"));
        assertEquals(0, client.status(15, "/data/made"));
        assertEquals(0, client.status(20, "sub/inner", "/data/link"));
        assertEquals("sub/inner", client.ask(19, "/data/link").name());
        assertEquals("content", client.content("/data/link"));
        assertEquals(0, client.status(200, "hardlink@openssh.com", "/data/sub/inner", "/data/hard"));
        assertEquals(2, Files.getAttribute(volumes.data.resolve("hard"), "unix:nlink"));
        assertEquals(0, client.status(13, "/data/link"));
        assertEquals("content", client.content("/data/hard"));
        assertEquals(SftpStatus.FAILURE, client.status(13, "/data/sub"));
        assertEquals(SftpStatus.NO_SUCH_FILE, client.status(13, "/data/none"));
    }

    @Test
    void attributesAreToldAndChanged() throws Exception {
        assertEquals(7, client.ask(17, "/data/file").size());
        assertEquals(Attributes.REGULAR, client.ask(17, "/data/file").mode() & Attributes.TYPE);
        assertEquals(Attributes.DIRECTORY | 0555, client.ask(17, "/").mode());
        assertEquals(0, client.status(9, "/data/file", 1 | 4 | 8, 3L, 0640, 1_000_000, 2_000_000));
        assertEquals("con", client.content("/data/file"));
        assertEquals(Attributes.REGULAR | 0640, client.ask(17, "/data/file").mode());
        assertEquals(
                2_000, Files.getLastModifiedTime(volumes.data.resolve("file")).toMillis() / 1_000_000);
        byte[] handle = client.open("/data/file", RW).handle();
        assertEquals(0, client.status(10, handle, 1, 10L));
        assertEquals(10, Files.size(volumes.data.resolve("file")));
        Files.move(volumes.data.resolve("file"), volumes.data.resolve("elsewhere"));
        assertEquals(10, client.ask(8, handle).size());
        assertEquals(SftpStatus.NO_SUCH_FILE, client.status(10, handle, 4, 0600));
        assertEquals(0, client.status(10, handle, 1, 5L));
        assertEquals(5, Files.size(volumes.data.resolve("elsewhere")));
        assertEquals(SftpStatus.OP_UNSUPPORTED, client.status(99));
        assertEquals(SftpStatus.OP_UNSUPPORTED, client.status(200, "copy-data"));
        assertEquals(201, client.ask(200, "statvfs@openssh.com", "/").type());
        assertEquals("/data/x", client.ask(16, "/data/./y/../x").name());
        assertEquals("/", client.ask(16, "../..").name());
    }

    @Test
    void largeDirectoriesAreListedWhole() throws Exception {
        Set<String> names = new HashSet<>(Set.of(".", ".."));
        for (int i = 0; i < 1_000; i++) {
            String name = "a file with a long name, number " + i;
            Files.createFile(volumes.data.resolve("sub/deep").resolve(name));
            names.add(name);
        }
        List<String> listed = client.list("/data/sub/deep");
        assertEquals(names.size(), listed.size());
        assertEquals(names, new HashSet<>(listed));
    }

    @Test
    void readOnlyRefusesEverythingThatWrites() throws Exception {
        readOnly = true;
        try (SftpClient reader = SftpClient.greeted(rig.port())) {
            everythingIsRefused(reader, "/data", "file");
        }
        everythingIsRefused(client, "/etc/config", "key");
        assertEquals("content", client.content("/data/file"));
        assertEquals("first", client.content("/etc/config/key"));
    }

    private static void everythingIsRefused(SftpClient client, String in, String name) throws IOException {
        String file = in + "/" + name;
        int denied = SftpStatus.PERMISSION_DENIED;
        for (int flags :
                new int[] {OpenFile.WRITE, NEW, OpenFile.CREATE, RW | OpenFile.TRUNCATE, RW | OpenFile.APPEND}) {
            assertEquals(denied, client.open(file, flags).status(), "flags " + flags);
        }
        byte[] handle = client.open(file, OpenFile.READ).handle();
        assertEquals(denied, client.status(10, handle, 1, 0L));
        assertEquals(SftpStatus.FAILURE, client.status(6, handle, 0L, "x"));
        assertEquals(denied, client.status(9, file, 4, 0777));
        assertEquals(denied, client.status(13, file));
        assertEquals(denied, client.status(14, in + "/new", 0));
        assertEquals(denied, client.status(15, in + "/sub"));
        assertEquals(denied, client.status(18, file, in + "/new"));
        assertEquals(denied, client.status(20, "target", in + "/new"));
        assertEquals(denied, client.status(200, "posix-rename@openssh.com", file, in + "/new"));
        assertEquals(denied, client.status(200, "hardlink@openssh.com", file, in + "/new"));
    }

    @Test
    void handlesAreLimitedAndClosedWithTheFlow() throws Exception {
        byte[] last = {};
        for (int i = 0; i < Handles.MOST; i++) {
            last = client.open("/data/file", OpenFile.READ).handle();
        }
        assertEquals(
                SftpStatus.FAILURE, client.open("/data/file", OpenFile.READ).status());
        assertEquals(SftpStatus.FAILURE, client.status(11, "/data"));
        assertEquals(0, client.status(4, last));
        client.open("/data/file", OpenFile.READ).handle();
        assertTrue(filesOpen() >= Handles.MOST);
        client.finish();
        assertEquals(-1, client.read());
        awaitNoSessions();
        assertTrue(filesOpen() < Handles.MOST);
    }

    @Test
    void manyRequestsAtOnceAreAnsweredInOrderAndLargeReadsDoNotPileUp() throws Exception {
        byte[] content = new byte[8 << 20];
        new Random(1).nextBytes(content);
        Files.write(volumes.data.resolve("large"), content);
        byte[] handle = client.open("/data/large", OpenFile.READ).handle();
        int piece = 64 << 10;
        int count = content.length / piece;
        Thread asking = Thread.ofVirtual().start(() -> {
            try {
                for (int i = 0; i < count; i++) {
                    client.raw(SftpClient.packet(5, 1000 + i, handle, (long) i * piece, piece));
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        for (int i = 0; i < count; i++) {
            SftpClient.Reply reply = client.reply();
            assertEquals(1000 + i, reply.body().getInt(0));
            byte[] got = Arrays.copyOfRange(reply.body().array(), reply.body().arrayOffset() + 8, piece + 9);
            assertArrayEquals(Arrays.copyOfRange(content, i * piece, (i + 1) * piece), got);
        }
        asking.join();
    }

    @Test
    void cutRequestsAreBadMessagesAndTheNextOneIsServed() throws Exception {
        assertEquals(SftpStatus.BAD_MESSAGE, client.status(3));
        assertEquals(SftpStatus.BAD_MESSAGE, client.status(3, "/data/file"));
        assertEquals(SftpStatus.BAD_MESSAGE, client.status(17, 1000));
        assertEquals(SftpStatus.BAD_MESSAGE, client.status(17, -1));
        assertEquals(SftpStatus.BAD_MESSAGE, client.status(9, "/data/file", 0x8000_0000, Integer.MAX_VALUE));
        assertEquals(SftpStatus.NO_SUCH_FILE, client.status(17, "/data/a\0b"));
        assertEquals(SftpStatus.NO_SUCH_FILE, client.status(17, "/data/" + "x/".repeat(3_000)));
        assertEquals(SftpStatus.FAILURE, client.status(17, "/data/" + "x".repeat(300)));
        assertEquals(SftpStatus.FAILURE, client.status(5, "", 0L, 1));
        assertEquals(SftpStatus.FAILURE, client.status(5, "12345", 0L, 1));
        assertEquals("content", client.content("/data/file"));
    }

    @Test
    void whatIsNotSftpEndsTheFlow() throws Exception {
        for (byte[] nonsense : List.of(
                "GET / HTTP/1.1\r\n\r\n".getBytes(),
                new byte[] {0, 0, 0, 0},
                new byte[] {0, 4, 0, 1, 1},
                new byte[] {0, 0, 0, 5, 1, 0, 0, 0, 2},
                new byte[] {0, 0, 0, 5, 17, 0, 0, 0, 3})) {
            try (SftpClient other = new SftpClient(rig.port())) {
                other.raw(nonsense);
                assertTrue(ended(other), Arrays.toString(nonsense));
            }
        }
        client.raw(new byte[] {0, 0, 0, 2, 17, 0});
        assertTrue(ended(client));
        awaitNoSessions();
    }

    /** Whatever comes: an answer, or the end of the flow. */
    @Test
    void nonsenseHarmsNothing() throws Exception {
        Random random = new Random(42);
        int[] types = {3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 17, 18, 19, 20, 200, 0, 255};
        for (int i = 0; i < 2_000; i++) {
            byte[] body = new byte[random.nextInt(60)];
            random.nextBytes(body);
            if (body.length >= 4 && random.nextBoolean()) {
                body[0] = body[1] = body[2] = 0;
            }
            byte[] packet = new byte[9 + body.length];
            packet[3] = (byte) (5 + body.length);
            packet[4] = (byte) types[random.nextInt(types.length)];
            System.arraycopy(body, 0, packet, 9, body.length);
            client.raw(packet);
            client.reply();
        }
        assertEquals("content", client.content("/data/file"));
        assertFalse(Files.exists(volumes.data.resolve("new")));
    }

    private static boolean ended(SftpClient client) {
        try {
            return client.read() < 0;
        } catch (IOException e) {
            return true;
        }
    }

    private void awaitNoSessions() {
        long end = System.nanoTime() + 10_000_000_000L;
        while (rig.sessions() > 0 && System.nanoTime() < end) {
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
        assertEquals(0, rig.sessions());
    }

    private static long filesOpen() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }
}

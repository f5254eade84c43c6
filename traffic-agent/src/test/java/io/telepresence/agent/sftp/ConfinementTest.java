package io.telepresence.agent.sftp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing but the volumes of the container can be had, whatever is asked and whatever lies in them. */
@Timeout(60)
class ConfinementTest {
    @TempDir
    Path directory;

    private Volumes volumes;
    private SftpFixture rig;
    private SftpClient client;

    @BeforeEach
    void open() throws Exception {
        volumes = new Volumes(directory.toRealPath());
        rig = new SftpFixture(() -> volumes.tree(false));
        client = SftpClient.greeted(rig.port());
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        rig.close();
    }

    @Test
    void onlyTheVolumesAndTheWayToThemAreSeen() throws Exception {
        assertEquals(List.of(".", "..", "data", "etc"), client.list("/"));
        assertEquals(List.of(".", "..", "config", "one.conf"), client.list("/etc"));
        assertEquals(List.of(".", "..", "file", "sub"), client.list("/data"));
        assertEquals("content", client.content("/data/file"));
        assertEquals("content", client.content("data/.//file"));
        assertEquals("one", client.content("/etc/one.conf"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/unmounted/file",
                "/secret/password",
                "/data/own/hidden",
                "/data/own",
                "/data/../unmounted/file",
                "/data/../../other/secret/password",
                "/data/sub/../../../../token",
                "../../token",
                "/..",
                "/data/file/x",
                "/etc/passwd",
                "/proc/self/environ"
            })
    void nothingElseIsFound(String path) throws Exception {
        assertEquals("status", client.content(path).split(" ")[0], path);
        assertNotEquals(105, client.ask(17, path).type(), path);
        assertNotEquals(105, client.ask(7, path).type(), path);
        assertNotEquals(0, client.status(13, path), path);
    }

    @ParameterizedTest
    @CsvSource({
        "../../unmounted/file",
        "../../../other/secret/password",
        "../../../../token",
        "/unmounted/file",
        "/secret/password",
        "/data/../unmounted/file",
        "/etc/../unmounted/file",
        "/data/own/hidden",
        "own/hidden",
        "/proc/self/environ",
        "link"
    })
    void linksThatLeadOutAreNotFollowed(String target) throws Exception {
        Files.createSymbolicLink(volumes.data.resolve("link"), Path.of(target));
        assertEquals("status", client.content("/data/link").split(" ")[0]);
        assertNotEquals(105, client.ask(17, "/data/link").type());
        assertEquals(Attributes.SYMBOLIC_LINK, client.ask(7, "/data/link").mode() & Attributes.TYPE);
        assertEquals(target, client.ask(19, "/data/link").name());
        assertNotEquals(0, client.status(9, "/data/link", 4, 0777));
        assertNotEquals(
                102,
                client.open("/data/link", OpenFile.WRITE | OpenFile.TRUNCATE).type());
        for (String kept : List.of("app/unmounted/file", "other/secret/password", "../token")) {
            assertEquals("secret", Files.readString(volumes.root.resolve(kept)));
        }
    }

    @Test
    void directoriesBehindLinksThatLeadOutAreNotEntered() throws Exception {
        Files.createSymbolicLink(volumes.data.resolve("up"), Path.of("../.."));
        Files.createSymbolicLink(volumes.data.resolve("abs"), volumes.root.resolve("other"));
        for (String way : List.of("/data/up/other/secret", "/data/abs/secret", "/data/up/app/data")) {
            assertEquals("status", client.content(way + "/password").split(" ")[0]);
            assertNotEquals(102, client.ask(11, way).type(), way);
            assertNotEquals(0, client.status(14, way + "/made", 0), way);
            assertNotEquals(0, client.status(20, "target", way + "/made"), way);
            assertNotEquals(0, client.status(13, way + "/password"), way);
            assertNotEquals(0, client.status(18, "/data/file", way + "/file"), way);
            assertNotEquals(0, client.status(18, way + "/password", "/data/password"), way);
            assertNotEquals(0, client.status(200, "hardlink@openssh.com", way + "/password", "/data/password"), way);
            assertNotEquals(201, client.ask(200, "statvfs@openssh.com", way).type(), way);
        }
        assertEquals("secret", Files.readString(volumes.root.resolve("other/secret/password")));
    }

    @ParameterizedTest
    @CsvSource({
        "sub/inner,       inner",
        "./sub/../file,   content",
        "/data/file,      content",
        "/etc/config/key, first",
        "/etc/one.conf,   one",
        "dir/inner,       inner"
    })
    void linksWithinTheVolumesAreFollowed(String target, String content) throws Exception {
        Files.createSymbolicLink(volumes.data.resolve("dir"), Path.of("sub"));
        Files.createSymbolicLink(volumes.data.resolve("link"), Path.of(target));
        assertEquals(content, client.content("/data/link"));
    }

    @Test
    void aConfigMapIsReadAndItsUpdateSeen() throws Exception {
        assertEquals("first", client.content("/etc/config/key"));
        volumes.config("..2026_2", "second");
        assertEquals("second", client.content("/etc/config/key"));
        assertEquals(List.of(".", "..", "..2026_1", "..2026_2", "..data", "key"), client.list("/etc/config"));
    }

    @Test
    void volumesAndTheDirectoriesAboveStayWhereTheyAre() throws Exception {
        for (String path : List.of("/", "/etc", "/etc/one.conf", "/data", "/etc/config")) {
            assertEquals(SftpStatus.PERMISSION_DENIED, client.status(13, path), path);
            assertEquals(SftpStatus.PERMISSION_DENIED, client.status(15, path), path);
            assertEquals(SftpStatus.PERMISSION_DENIED, client.status(18, path, "/data/other"), path);
            assertEquals(
                    SftpStatus.PERMISSION_DENIED,
                    client.status(200, "posix-rename@openssh.com", "/data/file", path),
                    path);
        }
        assertEquals(SftpStatus.PERMISSION_DENIED, client.status(14, "/etc/config/made", 0));
        assertEquals(SftpStatus.NO_SUCH_FILE, client.status(14, "/made", 0));
        assertEquals("content", client.content("/data/file"));
    }

    /** A program in the pod exchanges a directory for a link, again and again, while a client walks through it. */
    @Test
    void aDirectoryThatBecomesALinkMeanwhileLeadsNowhereElse() throws Exception {
        Path way = volumes.data.resolve("way");
        Path aside = volumes.data.resolve("aside");
        Files.createDirectory(way);
        Files.writeString(way.resolve("password"), "mine");
        Path link = Files.createSymbolicLink(volumes.data.resolve("link"), volumes.root.resolve("other/secret"));
        AtomicBoolean over = new AtomicBoolean();
        Thread program = Thread.ofPlatform().start(() -> exchange(way, aside, link, over));
        try {
            int mine = 0;
            for (int i = 0; i < 3_000 || mine == 0; i++) {
                String seen = client.content("/data/way/password");
                assertNotEquals("secret", seen);
                mine += seen.equals("mine") ? 1 : 0;
                SftpClient.Reply stat = client.ask(17, "/data/way/password");
                assertTrue(stat.type() != 105 || stat.size() == 4, "the size of another file was told");
                client.ask(13, "/data/way/password2");
            }
        } finally {
            over.set(true);
            program.join();
        }
        assertEquals("secret", Files.readString(volumes.root.resolve("other/secret/password")));
    }

    private static void exchange(Path way, Path aside, Path link, AtomicBoolean over) {
        try {
            while (!over.get()) {
                Files.move(way, aside, StandardCopyOption.ATOMIC_MOVE);
                Files.move(link, way, StandardCopyOption.ATOMIC_MOVE);
                Files.move(way, link, StandardCopyOption.ATOMIC_MOVE);
                Files.move(aside, way, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}

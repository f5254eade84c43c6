package io.telepresence.agent.sftp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.agent.podinfo.FileIdentity;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ThreadIdentityTest {
    @TempDir
    private Path directory;

    @BeforeAll
    static void root() {
        assumeTrue(ThreadIdentity.permitted(), "only a process with CAP_SETUID and CAP_SETGID can be somebody else");
    }

    @BeforeEach
    void open() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    private Path file(int user, int group, String mode) throws IOException {
        Path file = Files.writeString(directory.resolve(user + "-" + group), "secret");
        Files.setAttribute(file, "unix:uid", user);
        Files.setAttribute(file, "unix:gid", group);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    private static String read(FileIdentity as, Path file) throws Exception {
        return inThread(() -> {
            ThreadIdentity.assume(as);
            return Files.readString(file);
        });
    }

    private interface Work {
        String run() throws IOException;
    }

    private static String inThread(Work work) throws Exception {
        CompletableFuture<String> result = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                result.complete(work.run());
            } catch (AccessDeniedException e) {
                result.complete("denied");
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result.get(20, TimeUnit.SECONDS);
    }

    @Test
    void filesAreReadAsTheirOwnerOnly() throws Exception {
        Path file = file(1111, 2222, "rw-------");
        assertEquals("secret", read(new FileIdentity(1111, 0, List.of()), file));
        assertEquals("denied", read(new FileIdentity(1112, 2222, List.of(2222L)), file));
    }

    @Test
    void groupsCountToo() throws Exception {
        Path file = file(1111, 2222, "rw-r-----");
        assertEquals("secret", read(new FileIdentity(3, 2222, List.of()), file));
        assertEquals("secret", read(new FileIdentity(3, 4, List.of(5L, 2222L)), file));
        assertEquals("denied", read(new FileIdentity(3, 0, List.of()), file), "none of root's groups is left");
    }

    @Test
    void whatIsMadeIsTheContainers() throws Exception {
        Path made = directory.resolve("made");
        inThread(() -> {
            ThreadIdentity.assume(new FileIdentity(1111, 2222, List.of()));
            Files.writeString(made, "");
            return "";
        });
        assertEquals(1111, Files.getAttribute(made, "unix:uid"));
        assertEquals(2222, Files.getAttribute(made, "unix:gid"));
    }

    @Test
    void otherThreadsStayWhoTheyAre() throws Exception {
        Path file = file(1111, 2222, "rw-------");
        read(new FileIdentity(1112, 1112, List.of()), file);
        assertEquals("secret", inThread(() -> Files.readString(file)));
        assertEquals("secret", Files.readString(file));
    }
}

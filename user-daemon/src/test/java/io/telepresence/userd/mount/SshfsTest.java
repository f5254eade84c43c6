package io.telepresence.userd.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may see the volumes: fusermount refuses a mount that wants more than the system's configuration allows. */
final class SshfsTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "'user_allow_other\n',                          true",
        "'mount_max = 1000\n  user_allow_other # yes\n', true",
        "'#user_allow_other\n',                         false",
        "'user_allow_others\n',                         false",
        "'',                                            false",
    })
    void theSystemSaysWhetherOthersMayLook(String text, boolean allowed) throws Exception {
        Path file = Files.writeString(directory.resolve("fuse.conf"), text.replace("\\n", "\n"));
        assertEquals(allowed, Sshfs.othersAllowed(file));
    }

    @Test
    void whatCannotBeReadAllowsNothing() throws Exception {
        assertFalse(Sshfs.othersAllowed(directory.resolve("none")));
        Path latin = directory.resolve("latin");
        Files.write(latin, "# \u00e9\n#\n".getBytes(StandardCharsets.ISO_8859_1));
        assertFalse(Sshfs.othersAllowed(latin));
    }

    @Test
    void rootMayLookWhereThatIsAllowed() {
        assertTrue(Sshfs.of(Map.of(), 0).forRoot());
        assertTrue(arguments(true, false).contains(" -o allow_root "));
        assertFalse(arguments(false, false).contains("allow_root"));
        assertTrue(arguments(true, true).endsWith(" -o ro echo.default:/ /m"), arguments(true, true));
    }

    private static String arguments(boolean forRoot, boolean readOnly) {
        return String.join(" ", new Sshfs(Map.of(), forRoot).arguments("echo.default", Path.of("/m"), readOnly));
    }
}

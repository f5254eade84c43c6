package io.telepresence.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalEndpointTest {
    @Test
    void logsGoBelowTheCacheOrWhereTheyCanBeWritten(@TempDir Path home) throws Exception {
        Map<String, String> none = Map.of("XDG_RUNTIME_DIR", "/run/user/7");
        assertEquals(home.resolve(".cache/telepresence/logs"), LocalEndpoint.logs(none, home, 7));
        assertEquals(
                home.resolve("c/telepresence/logs"),
                LocalEndpoint.logs(Map.of("XDG_CACHE_HOME", home + "/c"), home, 7));
        Files.writeString(home.resolve(".cache"), "no directory");
        assertEquals(Path.of("/run/user/7/telepresence/logs"), LocalEndpoint.logs(none, home, 7));
        assertEquals(Path.of("/tmp/telepresence-7/logs"), LocalEndpoint.logs(Map.of(), Path.of("/dev/null"), 7));
    }

    private static String directory(Map<String, String> environment) {
        Path directory = LocalEndpoint.userDirectory(environment, 1000, _ -> true);
        return directory.toString();
    }

    @Test
    void socketsLieWhereNobodyElseCanPutSomethingFirst() {
        Map<String, String> session = Map.of("XDG_RUNTIME_DIR", "/run/user/1000", "HOME", "/home/ann");
        assertEquals("/run/user/1000/telepresence", directory(session));
        assertEquals("/home/ann/.cache/telepresence/run", directory(Map.of("HOME", "/home/ann")));
        assertEquals(
                "/var/cache/ann/telepresence/run",
                directory(Map.of("HOME", "/home/ann", "XDG_CACHE_HOME", "/var/cache/ann")));
    }

    @Test
    void whereTheHomeCannotBeWritten() {
        assertEquals(
                Path.of("/tmp/telepresence-7"),
                LocalEndpoint.userDirectory(Map.of("HOME", "/home/ann"), 7, _ -> false));
    }

    @Test
    void withoutAHomeOrWithOneThatIsTooDeep() {
        assertEquals("/tmp/telepresence-1000", directory(Map.of()));
        assertEquals("/tmp/telepresence-1000", directory(Map.of("HOME", "relative")));
        assertEquals("/tmp/telepresence-1000", directory(Map.of("HOME", "/home/" + "a".repeat(41))));
        String deepest = directory(Map.of("HOME", "/home/" + "a".repeat(40)));
        assertEquals(70, deepest.length());
    }
}

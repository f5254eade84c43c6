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
}

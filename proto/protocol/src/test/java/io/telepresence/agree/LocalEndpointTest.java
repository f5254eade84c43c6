package io.telepresence.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LocalEndpointTest {
    private static String directory(Map<String, String> environment) {
        Path directory = LocalEndpoint.userDirectory(environment, 1000);
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
    void withoutAHomeOrWithOneThatIsTooDeep() {
        assertEquals("/tmp/telepresence-1000", directory(Map.of()));
        assertEquals("/tmp/telepresence-1000", directory(Map.of("HOME", "relative")));
        assertEquals("/tmp/telepresence-1000", directory(Map.of("HOME", "/home/" + "a".repeat(41))));
        String deepest = directory(Map.of("HOME", "/home/" + "a".repeat(40)));
        assertEquals(70, deepest.length());
    }
}

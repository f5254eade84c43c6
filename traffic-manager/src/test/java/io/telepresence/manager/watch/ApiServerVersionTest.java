package io.telepresence.manager.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

public class ApiServerVersionTest {
    /** What an API server of that version says of itself. */
    public static ApiServerVersion version(String gitVersion) {
        return ApiServerVersion.parse("{\"gitVersion\": \"" + gitVersion + "\"}")
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "v1.20.2, 1.20",
        "v1.36.3, 1.36",
        "v1.32.1+k3s1, 1.32",
        "v1.30.5-gke.1014001, 1.30",
        "v1.31.0-eks-a737599, 1.31",
        "v1.33.0-alpha.1.42+0123456789abcd-dirty, 1.33",
        "1.29.0, 1.29",
        "v1.100.0, 1.100",
        "v2.0.0, 2.0"
    })
    void theGitVersionOfAnyDistribution(String gitVersion, String expected) {
        assertEquals(expected, version(gitVersion).toString());
    }

    @Test
    void majorAndMinorWhereTheGitVersionSaysNothing() {
        assertEquals(
                Optional.of(new ApiServerVersion(1, 32)),
                ApiServerVersion.parse("{\"major\": \"1\", \"minor\": \"32+\", \"gitVersion\": \"unknown\"}"));
        assertEquals(
                Optional.of(new ApiServerVersion(1, 31)),
                ApiServerVersion.parse("{\"major\": \"1\", \"minor\": \"31\"}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "", "<html>", "{\"major\": \"\", \"minor\": \"\"}", "{\"gitVersion\": \"v1\"}"})
    void whatIsNoVersionIsUnknown(String json) {
        assertEquals(Optional.empty(), ApiServerVersion.parse(json));
    }

    @Test
    void newerIsTheNumberNotTheText() {
        assertTrue(version("v1.100.0").atLeast(1, 32));
        assertTrue(version("v1.32.0-rc.1").atLeast(1, 32));
        assertFalse(version("v1.9.0").atLeast(1, 32));
        assertTrue(version("v2.0.0").atLeast(1, 32));
        assertFalse(version("v1.31.9").atLeast(1, 32));
    }

    @Test
    void isReadFromTheApiServer() throws IOException {
        try (FakeApiServer api = FakeApiServer.open()) {
            assertEquals(Optional.empty(), ApiServerVersion.read(api.client()));
            api.with("/version", "{\"major\": \"1\", \"minor\": \"36\", \"gitVersion\": \"v1.36.3\"}");
            assertEquals(Optional.of(new ApiServerVersion(1, 36)), ApiServerVersion.read(api.client()));
        }
    }
}

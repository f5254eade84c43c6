package io.telepresence.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

/** What a command did. */
record Result(List<String> command, int exitCode, String stdout, String stderr, long millis) {

    Result ok() {
        assertEquals(0, exitCode, this::describe);
        return this;
    }

    Result failed() {
        assertNotEquals(0, exitCode, this::describe);
        assertTrue(!stderr.contains("\tat ") && !stdout.contains("\tat "), () -> "a stack trace: " + describe());
        return this;
    }

    Result says(String text) {
        assertTrue((stdout + stderr).contains(text), () -> "expected \"" + text + "\" in: " + describe());
        return this;
    }

    Result saysNot(String text) {
        assertTrue(!(stdout + stderr).contains(text), () -> "did not expect \"" + text + "\" in: " + describe());
        return this;
    }

    String describe() {
        return "\n$ " + String.join(" ", command) + "\nexit " + exitCode + " after " + millis + " ms\n" + stdout
                + stderr;
    }
}

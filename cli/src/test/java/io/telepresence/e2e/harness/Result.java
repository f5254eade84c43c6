package io.telepresence.e2e.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

/** What a command did. */
public record Result(List<String> command, int exitCode, String stdout, String stderr, long millis) {

    public Result ok() {
        assertEquals(0, exitCode, this::describe);
        return this;
    }

    public Result failed() {
        assertNotEquals(0, exitCode, this::describe);
        assertTrue(!stderr.contains("\tat ") && !stdout.contains("\tat "), () -> "a stack trace: " + describe());
        return this;
    }

    public Result says(String text) {
        assertTrue((stdout + stderr).contains(text), () -> "expected \"" + text + "\" in: " + describe());
        return this;
    }

    public Result saysNot(String text) {
        assertTrue(!(stdout + stderr).contains(text), () -> "did not expect \"" + text + "\" in: " + describe());
        return this;
    }

    public String describe() {
        return "\n$ " + String.join(" ", command) + "\nexit " + exitCode + " after " + millis + " ms\n" + stdout
                + stderr;
    }
}

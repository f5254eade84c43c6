package io.telepresence.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.testing.Awaits;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process is never held up by what it prints, and nobody by a child that it leaves behind. */
@Timeout(60)
class ProcessOutputTest {
    private static final int LIMIT = 1000;

    private static Process run(String script) throws IOException {
        return new ProcessBuilder("sh", "-c", script).start();
    }

    @Test
    void everythingThatWasPrintedIsThere() throws Exception {
        Process process = run("printf one; printf two");
        ProcessOutput output = ProcessOutput.of("test-output", process.getInputStream(), LIMIT);
        process.waitFor();
        assertEquals("onetwo", new String(output.afterExit(), UTF_8));
    }

    @Test
    void whatIsTooMuchIsReadButNotKept() throws Exception {
        Process process = run("head -c 1000000 /dev/zero | tr '\\0' x");
        ProcessOutput output = ProcessOutput.of("test-output", process.getInputStream(), LIMIT);
        assertEquals(0, process.waitFor(), "it could print all of it");
        assertEquals("x".repeat(LIMIT), new String(output.afterExit(), UTF_8));
    }

    @Test
    void aChildThatKeepsTheOutputOpenIsNotWaitedFor() throws Exception {
        Process process = run("sleep 300 & echo $!");
        ProcessOutput output = ProcessOutput.of("test-output", process.getInputStream(), LIMIT);
        process.waitFor();
        String child = new String(output.afterExit(), UTF_8).strip();
        ProcessHandle left = ProcessHandle.of(Long.parseLong(child)).orElseThrow();
        assertTrue(left.isAlive());
        left.destroy();
        Awaits.that("its reader ends with it", () -> Awaits.threads("test-output") == 0);
    }
}

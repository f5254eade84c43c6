package io.telepresence.cli.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.fault.FaultException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChildProcessTest {
    private final ChildProcess children = new ChildProcess();

    @Test
    void passesTheExitCodeOn() throws FaultException {
        assertEquals(0, children.run(List.of("true"), Map.of()));
        assertEquals(7, children.run(List.of("sh", "-c", "exit 7"), Map.of()));
        assertEquals(128 + 9, children.run(List.of("sh", "-c", "kill -9 $$"), Map.of()));
    }

    @Test
    void putsVariablesOverItsOwn(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("out");
        children.run(List.of("sh", "-c", "echo $GREETING $HOME > " + file), Map.of("GREETING", "hello"));
        assertEquals("hello " + System.getenv("HOME") + "\n", Files.readString(file));
    }

    @Test
    void saysWhatCannotBeRun(@TempDir Path directory) throws Exception {
        Path plain = Files.writeString(directory.resolve("plain"), "text");
        FaultException missing =
                assertThrows(FaultException.class, () -> children.run(List.of("no-such-command-here"), Map.of()));
        assertEquals(
                "cannot run \"no-such-command-here\": no such command",
                missing.fault().text());
        FaultException refused =
                assertThrows(FaultException.class, () -> children.run(List.of(plain.toString()), Map.of()));
        assertEquals(
                "cannot run \"" + plain + "\": no right to execute it",
                refused.fault().text());
    }
}

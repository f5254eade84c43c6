package io.telepresence.cli.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.cli.env.PackedEnvironment;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

final class ChildProcessTest {
    private final ChildProcess children = new ChildProcess(Path.of("/nowhere"));

    @Test
    void passesTheExitCodeOn() throws FaultException {
        assertEquals(0, run("true"));
        assertEquals(7, run("sh", "-c", "exit 7"));
        assertEquals(128 + 9, run("sh", "-c", "kill -9 $$"));
    }

    @Test
    void theLocaleIsTheCallersAgain() {
        Map<String, String> environment = new HashMap<>(Map.of("LC_ALL", "C.UTF-8", "_TEL_LC_ALL", "C", "A", "1"));
        ChildProcess.restoreLocale(environment);
        assertEquals(Map.of("LC_ALL", "C", "A", "1"), environment);
        environment.put("_TEL_LC_ALL", "");
        ChildProcess.restoreLocale(environment);
        assertEquals(Map.of("A", "1"), environment);
        ChildProcess.restoreLocale(environment);
        assertEquals(Map.of("A", "1"), environment);
    }

    /** The launcher is a script here, which shows what it gets. */
    @Test
    void bytesComeThroughTheLauncher(@TempDir Path directory) throws Exception {
        Path seen = directory.resolve("seen");
        Path launcher = Files.writeString(
                directory.resolve("launcher"),
                "#!/bin/sh\necho \"$* $PATH $HOME $_TEL_ENVIRONMENT_0\" >" + seen + "\n");
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        Map<String, String> environment = Map.of("HOME", "/jürgen", "a.b", "1");
        new ChildProcess(launcher).run(new Job(List.of("cmd", "x y"), environment, () -> {}, () -> false));
        String packed = PackedEnvironment.of(environment).get("_TEL_ENVIRONMENT_0");
        assertEquals("__exec cmd x y " + System.getenv("PATH") + "  " + packed + "\n", Files.readString(seen));
    }

    @Test
    @Timeout(20)
    void endsWhatIsOver(@TempDir Path directory) throws Exception {
        assertEquals(128 + 15, over(directory.resolve("a"), "echo up > $UP; sleep 60; true"));
        assertEquals(3, over(directory.resolve("b"), "trap 'exit 3' TERM; echo up > $UP; while :; do sleep 0.1; done"));
    }

    @Test
    @Timeout(20)
    void aSignalThatComesBeforeTheCommandKeepsItFromStarting(@TempDir Path directory) throws Exception {
        Path made = directory.resolve("made");
        children.holdSignals();
        Class<?> signal = Class.forName("sun.misc.Signal");
        signal.getMethod("raise", signal)
                .invoke(null, signal.getConstructor(String.class).newInstance("TERM"));
        while (!children.signalled()) { // the JVM hands signals to a thread of its own
            Thread.onSpinWait();
        }
        assertEquals(128 + 15, run("touch", made.toString()));
        assertTrue(Files.notExists(made));
    }

    @Test
    @Timeout(20)
    void killsWhatDoesNotWantToEnd(@TempDir Path directory) throws Exception {
        assertEquals(128 + 9, over(directory.resolve("c"), "trap '' TERM; echo up > $UP; while :; do sleep 0.1; done"));
    }

    /** Ends the script as soon as it has written to the pipe {@code $UP}. */
    private int over(Path pipe, String script) throws Exception {
        assertEquals(0, run("mkfifo", pipe.toString()));
        return children.run(
                new Job(List.of("sh", "-c", script), Map.of("UP", pipe.toString()), () -> {}, () -> read(pipe)));
    }

    private static boolean read(Path pipe) {
        try {
            return Files.readString(pipe).equals("up\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int run(String... command) throws FaultException {
        return children.run(Job.of(List.of(command)));
    }

    /** As docker start, which a signal to it may not end: what it stands for is stopped first. */
    @Test
    @Timeout(20)
    void stopsWhatTheCommandStandsForWhenItIsOver(@TempDir Path directory) throws Exception {
        Path stopped = directory.resolve("stopped");
        int code = children.run(new Job(
                List.of("sh", "-c", "trap '' TERM; while [ ! -e " + stopped + " ]; do sleep 0.1; done; exit 5"),
                Map.of(),
                () -> {},
                () -> true,
                () -> make(stopped)));
        assertTrue(Files.exists(stopped));
        assertEquals(5, code);
    }

    /**
     * A command that ignores a signal is stopped some time later. Not shown with INT, which whoever runs these tests in the
     * background has told them to ignore.
     */
    @Test
    @Timeout(20)
    void stopsWhatDoesNotHeedASignal(@TempDir Path directory) throws Exception {
        Path deaf = directory.resolve("deaf");
        Path stopped = directory.resolve("stopped");
        assertEquals(0, run("mkfifo", deaf.toString()));
        int code = children.run(new Job(
                List.of(
                        "sh",
                        "-c",
                        "trap '' TERM; echo up > " + deaf + "; while [ ! -e " + stopped
                                + " ]; do sleep 0.1; done; exit 6"),
                Map.of(),
                () -> {
                    assertTrue(read(deaf));
                    raise("TERM");
                },
                () -> false,
                () -> make(stopped)));
        assertEquals(6, code);
    }

    private static void raise(String name) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            signal.getMethod("raise", signal)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void make(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void putsVariablesOverItsOwn(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("out");
        children.run(new Job(
                List.of("sh", "-c", "echo $GREETING $HOME > " + file),
                Map.of("GREETING", "hello"),
                () -> {},
                () -> false));
        assertEquals("hello " + System.getenv("HOME") + "\n", Files.readString(file));
    }

    @Test
    void saysWhatCannotBeRun(@TempDir Path directory) throws Exception {
        Path plain = Files.writeString(directory.resolve("plain"), "text");
        FaultException missing = assertThrows(FaultException.class, () -> run("no-such-command-here"));
        assertEquals(
                "cannot run \"no-such-command-here\": no such command",
                missing.fault().text());
        FaultException refused = assertThrows(FaultException.class, () -> run(plain.toString()));
        assertEquals(
                "cannot run \"" + plain + "\": no right to execute it",
                refused.fault().text());
    }
}

package io.telepresence.e2e.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Runs commands with a time limit, and waits for conditions with a deadline. */
public final class Shell {
    /** Enough for every command that does not say otherwise. */
    public static final Duration LIMIT = Duration.ofSeconds(90);

    private Shell() {}

    public static Result run(Map<String, String> environment, Duration limit, List<String> command) {
        return Stopwatch.COMMANDS.time(() -> runToItsEnd(environment, limit, command));
    }

    private static Result runToItsEnd(Map<String, String> environment, Duration limit, List<String> command) {
        try {
            Path out = Files.createTempFile("e2e", ".out");
            Path err = Files.createTempFile("e2e", ".err");
            long start = System.nanoTime();
            Process process = start(environment, command, out, err);
            boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (!ended) {
                process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
            }
            long millis = (System.nanoTime() - start) / 1_000_000;
            String errors = Files.readString(err) + (ended ? "" : "\n[stopped by the test after " + limit + "]");
            Result result =
                    new Result(command, ended ? process.exitValue() : 124, Files.readString(out), errors, millis);
            Files.delete(out);
            Files.delete(err);
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Starts a command that runs until it is destroyed. */
    public static Process start(Map<String, String> environment, List<String> command, Path out, Path err) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().putAll(environment);
            builder.redirectInput(Path.of("/dev/null").toFile());
            builder.redirectOutput(out.toFile()).redirectError(err.toFile());
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Polls until the condition holds; fails with {@code what} after the limit. Between two looks as much time passes as a
     * look takes, at least 100 ms and at most half a second: the machine has other things to do.
     */
    public static void await(String what, Duration limit, BooleanSupplier condition) {
        Stopwatch.WAITING.time(() -> {
            poll(what, limit, condition);
            return null;
        });
    }

    private static void poll(String what, Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        for (long begin = System.nanoTime(); !condition.getAsBoolean(); begin = System.nanoTime()) {
            long now = System.nanoTime();
            if (now > end) {
                throw new AssertionError("not within " + limit.toSeconds() + " s: " + what);
            }
            LockSupport.parkNanos(Math.clamp(now - begin, 100_000_000, 500_000_000));
        }
    }

    /** Kills a program before what it has started: it must not see that end, and clear up. */
    public static void kill(Process program) {
        List<ProcessHandle> started = program.descendants().toList();
        program.destroyForcibly();
        started.forEach(ProcessHandle::destroyForcibly);
        program.onExit().orTimeout(30, TimeUnit.SECONDS).join();
    }

    public static List<String> join(List<String> first, String... rest) {
        List<String> all = new ArrayList<>(first);
        all.addAll(List.of(rest));
        return all;
    }
}

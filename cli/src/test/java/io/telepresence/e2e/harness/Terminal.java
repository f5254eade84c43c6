package io.telepresence.e2e.harness;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Somebody who sits in front of a terminal and answers prompts. */
public final class Terminal {
    private Terminal() {}

    /**
     * Runs a command that makes a terminal, and types the next line whenever one more {@code prompt} has been printed.
     * All that appears on the terminal is the result's standard output.
     */
    public static Result run(List<String> command, String prompt, List<String> keys, Duration limit) {
        try {
            Path screen = Files.createTempFile("e2e", ".screen");
            long start = System.nanoTime();
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(screen.toFile())
                    .start();
            try (OutputStream keyboard = process.getOutputStream()) {
                int typed = 0;
                while (typed < keys.size()) {
                    int prompts = typed + 1;
                    Shell.await(
                            "prompt " + prompts, limit, () -> !process.isAlive() || prompts(screen, prompt) >= prompts);
                    if (!process.isAlive()) {
                        break;
                    }
                    keyboard.write((keys.get(typed++) + "\n").getBytes(StandardCharsets.UTF_8));
                    keyboard.flush();
                }
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroy();
                    throw new AssertionError("does not end: " + Files.readString(screen));
                }
            }
            long millis = (System.nanoTime() - start) / 1_000_000;
            String shown = Files.readString(screen).replace("\r", "");
            Files.delete(screen);
            return new Result(command, process.exitValue(), shown, "", millis);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static int prompts(Path screen, String prompt) {
        try {
            return Files.readString(screen).split(prompt, -1).length - 1;
        } catch (IOException e) {
            return 0;
        }
    }
}

package io.telepresence.e2e.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A program that is talked to by lines, with all that it has printed so far. Used by one thread. */
public final class Typed implements AutoCloseable {
    private final Process process;
    private final Path screen;

    private Typed(Process process, Path screen) {
        this.process = process;
        this.screen = screen;
    }

    public static Typed start(List<String> command) {
        try {
            Path screen = Files.createTempFile("e2e", ".screen");
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(screen.toFile())
                    .start();
            return new Typed(process, screen);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Typed type(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(shown(), e);
        }
    }

    /** Waits until it has printed that; one that ends before fails at once. */
    public Typed await(String text) {
        Shell.await("\"" + text + "\" is printed", Duration.ofSeconds(30), () -> {
            boolean there = shown().contains(text);
            if (!there && !process.isAlive()) {
                throw new AssertionError("ended with " + process.exitValue() + ": " + shown());
            }
            return there;
        });
        return this;
    }

    public String shown() {
        try {
            return Files.readString(screen);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}

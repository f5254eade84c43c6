package io.telepresence.e2e.docker;

import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A telepresence command of the Docker user that stays in the foreground, with what it has printed so far. */
public record HandlerAt(Process process, Path out, Path err) implements AutoCloseable {
    public static HandlerAt start(String... arguments) {
        try {
            Path out = Files.createTempFile("e2e-handler", ".out");
            Path err = Files.createTempFile("e2e-handler", ".err");
            return new HandlerAt(DockerUser.start(out, err, Laptop.command(arguments)), out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String printed() {
        try {
            return Files.readString(out) + Files.readString(err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until it has printed that; a command that ends before fails at once. */
    public HandlerAt await(String text) {
        Shell.await("\"" + text + "\" is printed", Duration.ofSeconds(90), () -> {
            if (!printed().contains(text) && !process.isAlive()) {
                throw new AssertionError("ended with " + process.exitValue() + ": " + printed());
            }
            return printed().contains(text);
        });
        return this;
    }

    /** Its exit code. */
    public int ended(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("runs on: " + printed());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            process.destroy();
            ended(Duration.ofSeconds(60));
        }
    }
}

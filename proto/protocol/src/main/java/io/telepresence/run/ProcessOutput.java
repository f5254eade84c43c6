package io.telepresence.run;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * What a process prints, read beside it so that it never waits. A child that it leaves behind with its output holds
 * nobody up. Thread-safe; keeps so many bytes, and reads what comes after them without keeping it.
 */
public final class ProcessOutput {
    /** For bytes that are still on the way when the process has ended. */
    private static final Duration STRAGGLERS = Duration.ofMillis(300);

    private final int limit;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private boolean ended;
    private long lastNanos = System.nanoTime();

    private ProcessOutput(int limit) {
        this.limit = limit;
    }

    /** Starts to read, to the end of the stream. */
    public static ProcessOutput of(String name, InputStream in, int limit) {
        ProcessOutput output = new ProcessOutput(limit);
        // Not by Threads: the command line, which uses this too, has no logging to start.
        Thread.ofPlatform().daemon().name(name).start(() -> output.read(in));
        return output;
    }

    /** What was printed until the process ended, which it must have; at once, but for what a child of it still prints. */
    public synchronized byte[] afterExit() throws InterruptedException {
        lastNanos = Math.max(lastNanos, System.nanoTime());
        while (!ended) {
            long left = TimeUnit.NANOSECONDS.toMillis(STRAGGLERS.toNanos() - (System.nanoTime() - lastNanos));
            if (left <= 0 || kept.size() >= limit) {
                break;
            }
            wait(left);
        }
        return kept.toByteArray();
    }

    private void read(InputStream in) {
        byte[] buffer = new byte[8 << 10];
        try (in) {
            for (int size = in.read(buffer); size >= 0; size = in.read(buffer)) {
                keep(buffer, size);
            }
        } catch (IOException e) {
            // The process was killed, and its output with it.
        } finally {
            end();
        }
    }

    private synchronized void keep(byte[] buffer, int size) {
        kept.write(buffer, 0, Math.min(size, limit - kept.size()));
        lastNanos = System.nanoTime();
        notifyAll();
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }
}

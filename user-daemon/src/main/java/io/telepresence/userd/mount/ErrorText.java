package io.telepresence.userd.mount;

import io.telepresence.run.Threads;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a process says on standard error: logged, and its first line kept as the reason of a failure. */
final class ErrorText {
    private static final Logger LOG = LoggerFactory.getLogger(ErrorText.class);
    private static final int LONGEST = 300;
    private final CompletableFuture<String> first = new CompletableFuture<>();

    private ErrorText() {}

    /** Reads until the process closes its standard error, on a thread of its own. */
    static ErrorText of(Process process) {
        ErrorText text = new ErrorText();
        Threads.platform("stderr-" + process.pid(), () -> text.read(process));
        return text;
    }

    /** The first line; {@code otherwise} when the process says nothing within a short time. */
    String or(String otherwise) {
        try {
            String line = first.get(200, TimeUnit.MILLISECONDS);
            return line.isBlank() ? otherwise : line;
        } catch (TimeoutException | ExecutionException e) {
            return otherwise;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return otherwise;
        }
    }

    private void read(Process process) {
        try (BufferedReader lines = process.errorReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                LOG.info("sshfs {}: {}", process.pid(), line);
                first.complete(line.length() > LONGEST ? line.substring(0, LONGEST) : line);
            }
        } catch (IOException e) {
            LOG.debug("standard error of {}", process.pid(), e);
        }
        first.complete("");
    }
}

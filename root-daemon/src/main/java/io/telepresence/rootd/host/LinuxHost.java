package io.telepresence.rootd.host;

import io.telepresence.run.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs real programs, found in the system's own directories only: the caller's PATH is not trusted. */
public final class LinuxHost implements HostCommands {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxHost.class);
    private static final List<String> DIRECTORIES =
            List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin");
    /** Value of PATH for the programs that are run. */
    static final String PATH = String.join(":", DIRECTORIES);

    private static final int LIMIT_SECONDS = 5;

    @Override
    public Result run(String input, List<String> command) throws IOException {
        long start = System.nanoTime();
        Process process = start(command);
        CompletableFuture<String> err = new CompletableFuture<>();
        Threads.virtual("stderr of " + command.getFirst(), () -> err.complete(text(process.getErrorStream())));
        CompletableFuture<String> out = new CompletableFuture<>();
        Threads.virtual("stdout of " + command.getFirst(), () -> out.complete(text(process.getInputStream())));
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.debug("{} did not read its input: {}", command.getFirst(), e.getMessage());
        }
        await(process, command);
        Result result = new Result(process.exitValue(), out.join(), err.join());
        if (LOG.isDebugEnabled()) {
            LOG.debug(
                    "{} -> {} in {} ms {}",
                    String.join(" ", command),
                    result.exit(),
                    (System.nanoTime() - start) / 1_000_000,
                    result.err().strip());
        }
        return result;
    }

    @Override
    public boolean has(String program) {
        return find(program).isPresent();
    }

    @Override
    public String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }

    private static Process start(List<String> command) throws IOException {
        String program = find(command.getFirst())
                .orElseThrow(() -> new IOException("the program " + command.getFirst() + " is not installed"));
        List<String> line = new ArrayList<>(command);
        line.set(0, program);
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().clear();
        builder.environment().put("PATH", PATH);
        builder.environment().put("LC_ALL", "C");
        return builder.start();
    }

    static Optional<String> find(String program) {
        if (program.startsWith("/")) {
            return Optional.of(program);
        }
        return DIRECTORIES.stream()
                .map(d -> Path.of(d, program))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }

    private static void await(Process process, List<String> command) throws IOException {
        try {
            if (process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        throw new IOException(String.join(" ", command) + " did not end within " + LIMIT_SECONDS + " s");
    }

    private static String text(InputStream in) {
        try (in) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }
}

package io.telepresence.cli.docker;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The {@code docker} command: it knows contexts, remote engines and the user's rights better than we could. Thread-safe;
 * all methods block.
 */
public final class Docker {
    static final String PROGRAM = "docker";

    /** For everything but pulls and builds. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Images may be large, and registries slow; the user sees the step and can end it. */
    private static final Duration PULL_LIMIT = Duration.ofMinutes(30);

    /** Runs one command to its end. */
    @FunctionalInterface
    public interface Runner {
        /**
         * With this process's own environment: no variable of a pod is one of a process here.
         *
         * @throws IOException the program cannot be started
         */
        Output run(List<String> command, Duration limit) throws IOException;
    }

    /** What a command printed; {@code code} 124: it took too long. */
    public record Output(int code, String out, String err) {
        boolean ok() {
            return code == 0;
        }

        /** Lines that hold something. */
        List<String> lines() {
            return out.lines().map(String::strip).filter(l -> !l.isEmpty()).toList();
        }
    }

    private final Runner runner;

    public Docker(Runner runner) {
        this.runner = runner;
    }

    /** With the real program. */
    public static Docker ofThisMachine() {
        return new Docker(Docker::execute);
    }

    /** Whatever comes of it. */
    Output run(String... arguments) throws FaultException {
        return run(List.of(arguments));
    }

    Output run(List<String> arguments) throws FaultException {
        return run(arguments, LIMIT);
    }

    private Output run(List<String> arguments, Duration limit) throws FaultException {
        List<String> command = new ArrayList<>(List.of(PROGRAM));
        command.addAll(arguments);
        try {
            return runner.run(command, limit);
        } catch (IOException e) {
            throw Fault.user(
                            "the command docker cannot be run on this machine: " + reason(e),
                            "Install Docker, or connect without --docker")
                    .exception(e);
        }
    }

    /**
     * Must succeed.
     *
     * @param doing what failed, for the sentence: "start the container tp-x"
     */
    Output must(String doing, List<String> arguments) throws FaultException {
        Output output = run(arguments);
        if (!output.ok()) {
            throw DockerFaults.of(doing, output).exception();
        }
        return output;
    }

    Output must(String doing, String... arguments) throws FaultException {
        return must(doing, List.of(arguments));
    }

    /** Makes sure that an image is there; pulls it if it is not. */
    void image(String image) throws FaultException {
        Output found = run("image", "inspect", "--format", "{{.Id}}", image);
        if (found.ok()) {
            return;
        }
        if (DockerFaults.isEngine(found)) {
            throw DockerFaults.of("look for the image " + image, found).exception();
        }
        Output pulled = run(List.of("pull", "--quiet", image), PULL_LIMIT);
        if (!pulled.ok()) {
            throw DockerFaults.noImage(image, pulled).exception();
        }
    }

    private static String reason(IOException e) {
        String text = String.valueOf(e.getMessage());
        return text.contains("No such file") ? "it is not installed, or not on the PATH" : text;
    }

    private static Output execute(List<String> command, Duration limit) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectInput(new java.io.File("/dev/null"));
        Process process = builder.start();
        Drain out = Drain.of(process.getInputStream(), "docker-out");
        Drain err = Drain.of(process.getErrorStream(), "docker-err");
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                return new Output(124, "", "it did not end within " + limit.toSeconds() + " s");
            }
            return new Output(process.exitValue(), out.text(), err.text());
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Reads a stream to its end on a thread of its own. */
    static final class Drain {
        private final Thread thread;
        private volatile String text = "";

        private Drain(InputStream in, String name) {
            thread = Thread.ofPlatform().daemon().name(name).unstarted(() -> {
                try (in) {
                    text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                } catch (IOException e) {
                    text = "";
                }
            });
        }

        static Drain of(InputStream in, String name) {
            Drain drain = new Drain(in, name);
            drain.thread.start();
            return drain;
        }

        String text() throws InterruptedException {
            thread.join(Duration.ofSeconds(5));
            return text;
        }
    }
}

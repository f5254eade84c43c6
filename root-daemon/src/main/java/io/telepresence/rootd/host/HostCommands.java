package io.telepresence.rootd.host;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The machine as this daemon sees it: programs that read or change its network, and small files. One implementation
 * for Linux; the tests' fake keeps state. Blocking; any thread.
 */
public interface HostCommands {
    /** How a program ended. */
    record Result(int exit, String out, String err) {
        public boolean ok() {
            return exit == 0;
        }
    }

    /**
     * Runs a program to its end.
     *
     * @param input its standard input; may be empty
     * @throws IOException if it is not installed or takes longer than a few seconds (it is killed then)
     */
    Result run(String input, List<String> command) throws IOException;

    /** Whether the program is installed. */
    boolean has(String program);

    /** The text of a small file. */
    String read(Path file) throws IOException;

    default Result run(String... command) throws IOException {
        return run("", List.of(command));
    }

    /** Runs a program that must succeed; its output. */
    default String must(String input, List<String> command) throws IOException {
        Result result = run(input, command);
        if (!result.ok()) {
            throw new IOException(String.join(" ", command) + ": "
                    + (result.err().isBlank()
                            ? "exit code " + result.exit()
                            : result.err().strip()));
        }
        return result.out();
    }

    default String must(String... command) throws IOException {
        return must("", List.of(command));
    }

    /** As {@link #read}, but empty if the file cannot be read. */
    default String readOrEmpty(Path file) {
        try {
            return read(file);
        } catch (IOException e) {
            return "";
        }
    }
}

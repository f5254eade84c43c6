package io.telepresence.userd.kubeconfig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command brought along from the shell where it was typed. A daemon serves commands of many shells: of its own
 * environment nothing counts. Holds secrets: never log it.
 *
 * @param variables all of them
 * @param workingDirectory absolute
 */
public record CallerEnvironment(Map<String, String> variables, Path workingDirectory, PluginTerminal terminal) {
    public static final CallerEnvironment NONE = new CallerEnvironment(Map.of(), Path.of("/"), PluginTerminal.NONE);

    /** Where programs are found if the caller does not say. */
    private static final String PATH = "/usr/local/bin:/usr/bin:/bin";

    /** A program as the caller's shell finds it. */
    String program(String command) throws IOException {
        if (command.indexOf('/') >= 0) {
            return workingDirectory.resolve(command).toString();
        }
        for (String directory : variables.getOrDefault("PATH", PATH).split(":")) {
            Path program = workingDirectory.resolve(directory).resolve(command);
            // As kubectl: what lies in the current directory is not meant.
            if (directory.startsWith("/") && Files.isRegularFile(program) && Files.isExecutable(program)) {
                return program.toString();
            }
        }
        throw new IOException("no such program in the PATH: " + command);
    }

    @Override
    public String toString() {
        return "the environment of a command in " + workingDirectory;
    }
}

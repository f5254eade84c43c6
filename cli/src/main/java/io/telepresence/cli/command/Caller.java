package io.telepresence.cli.command;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * Who typed the command, and where.
 *
 * @param configFile {@code --config}; empty: the default one
 * @param stdin read only where an option says so
 */
public record Caller(Map<String, String> environment, Path workingDirectory, String configFile, InputStream stdin) {
    String variable(String name) {
        return environment.getOrDefault(name, "");
    }
}

package io.telepresence.cli.invocation;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * Who typed the command, and where.
 *
 * @param configFile {@code --config}; empty: the default one
 * @param use {@code --use}: which of several connections; may be empty
 * @param stdin read only where an option says so
 */
public record Invoker(
        Map<String, String> environment, Path workingDirectory, String configFile, String use, InputStream stdin) {
    public String variable(String name) {
        return environment.getOrDefault(name, "");
    }
}

package io.telepresence.cli.docker;

import io.telepresence.cli.env.EnvBytes;
import io.telepresence.cli.env.PackedEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The environment on its way to docker: a file that only the user can read. Nothing of it is an argument, which everybody
 * could see, or a variable of a process on this machine, which it might lead astray. What such a file cannot say is packed
 * into variables that it can, and the container's first process unpacks it.
 *
 * @param packed whether that process is needed
 */
record ContainerEnvironment(Path file, boolean packed) implements AutoCloseable {
    /** docker refuses lines of 64 KiB; a character has three bytes at most. */
    private static final int LONGEST_LINE = 20_000;

    static ContainerEnvironment of(Map<String, String> environment) throws IOException {
        Map<String, String> lines = new TreeMap<>();
        Map<String, String> others = new TreeMap<>();
        environment.forEach((name, value) -> {
            if (!isName(name)) {
                others.put(name, value);
            } else if (!isLine(value)) {
                others.put(name, value);
                // Keeps the image's own from counting, but not what the user gives.
                lines.put(name, PackedEnvironment.MARK);
            } else {
                lines.put(name, value);
            }
        });
        lines.putAll(PackedEnvironment.of(others));
        StringBuilder text = new StringBuilder();
        lines.forEach(
                (name, value) -> text.append(name).append('=').append(value).append('\n'));
        Path file = Files.createTempFile("telepresence", ".env");
        Files.writeString(file, text);
        return new ContainerEnvironment(file, !others.isEmpty());
    }

    /** A blank in it is refused, and a line that begins with # left out. */
    private static boolean isName(String name) {
        return !name.startsWith("#") && name.chars().noneMatch(Character::isWhitespace);
    }

    private static boolean isLine(String value) {
        return value.indexOf('\n') < 0
                && value.indexOf('\r') < 0
                && value.length() <= LONGEST_LINE
                && EnvBytes.isText(value);
    }

    List<String> options() {
        return List.of("--env-file=" + file);
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
    }
}

package io.telepresence.userd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The random name of this installation, made once. */
final class InstallId {
    private static final Logger LOG = LoggerFactory.getLogger(InstallId.class);

    private InstallId() {}

    /** From the file {@code id} in {@code directory}; where that cannot be written, a new one at each start. */
    static String read(Path directory) {
        Path file = directory.resolve("id");
        try {
            if (Files.exists(file)) {
                return UUID.fromString(Files.readString(file).strip()).toString();
            }
            String made = UUID.randomUUID().toString();
            Files.createDirectories(directory);
            Files.writeString(file, made + "\n");
            return made;
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("no install id in {}: {}", file, e.toString());
            return UUID.randomUUID().toString();
        }
    }
}

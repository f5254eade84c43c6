package io.telepresence.agent.drain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file that a native sidecar's preStop hook makes at the moment when its pod begins to end. The kubelet lets the
 * application's containers end before it sends the sidecar its signal, and the grace period goes by meanwhile.
 */
public final class EndingMark {
    private static final Logger LOG = LoggerFactory.getLogger(EndingMark.class);

    private final Path file;
    private final InstantSource time;

    public EndingMark(Path file, InstantSource time) {
        this.file = file;
        this.time = time;
    }

    /** At the start of the agent: what an agent before it was told does not count. */
    public void clear() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.debug("cannot remove {}", file, e);
        }
    }

    /** How long ago it was made; zero: it was not. */
    public Duration age() {
        try {
            Duration age = Duration.between(Files.getLastModifiedTime(file).toInstant(), time.instant());
            return age.isNegative() ? Duration.ZERO : age;
        } catch (IOException e) {
            return Duration.ZERO;
        }
    }
}

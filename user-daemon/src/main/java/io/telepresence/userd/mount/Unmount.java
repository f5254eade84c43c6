package io.telepresence.userd.mount;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes a FUSE mount out of the tree at once, whoever uses it and whether or not its server answers. */
final class Unmount {
    private static final Logger LOG = LoggerFactory.getLogger(Unmount.class);
    private static final long LIMIT_MILLIS = 800;

    private Unmount() {}

    /** False: it is still there. Takes at most 0.8 s for each of the two names that the program has. */
    static boolean lazily(Path at) {
        for (String program : List.of("fusermount3", "fusermount")) {
            try {
                Process process = new ProcessBuilder(program, "-uz", at.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                if (!process.waitFor(LIMIT_MILLIS, TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                }
                break;
            } catch (IOException e) {
                LOG.debug("{}: {}", program, e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        boolean gone = MountTable.type(at).filter(MountTable.SSHFS::equals).isEmpty();
        if (!gone) {
            LOG.warn("{} is still mounted", at);
        }
        return gone;
    }
}

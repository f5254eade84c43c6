package io.telepresence.userd.connect;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The named steps of a connect, each with the time it took. Not thread-safe. */
final class Phases {
    private static final Logger LOG = LoggerFactory.getLogger(Phases.class);
    private final Consumer<String> progress;
    private final List<ClusterSession.Phase> done = new ArrayList<>();
    private String name = "";
    private long since;

    Phases(Consumer<String> progress) {
        this.progress = progress;
    }

    /** The phase before ends, this one begins. */
    void begin(String next) {
        end();
        name = next;
        since = System.nanoTime();
        progress.accept(next);
    }

    List<ClusterSession.Phase> end() {
        if (!name.isEmpty()) {
            int millis = (int) ((System.nanoTime() - since) / 1_000_000);
            LOG.info("{}: {} ms", name, millis);
            done.add(new ClusterSession.Phase(name, millis));
            name = "";
        }
        return List.copyOf(done);
    }
}

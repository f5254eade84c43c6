package io.telepresence.agent;

import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The log level in force: what the manager asked for, for as long as it asked, else what the pod was told. */
final class LogLevelTimer {
    private static final Logger LOG = LoggerFactory.getLogger(LogLevelTimer.class);

    private final String usual;
    private final Consumer<String> apply;
    private long requests;

    /**
     * @param usual the level to go back to
     * @param apply sets a level, given as a word
     */
    LogLevelTimer(String usual, Consumer<String> apply) {
        this.usual = usual.isEmpty() ? "INFO" : usual;
        this.apply = apply;
        apply.accept(this.usual);
    }

    /**
     * An empty level means the usual one. Quick; any thread.
     *
     * @param seconds 0: for ever
     */
    synchronized void request(String wanted, long seconds) {
        requests++;
        String level = wanted.isEmpty() ? usual : wanted;
        apply.accept(level);
        LOG.debug("log level {}", level);
        if (seconds > 0) {
            long mine = requests;
            Threads.virtual("log-level", () -> {
                long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
                while (System.nanoTime() - end < 0) {
                    LockSupport.parkNanos(end - System.nanoTime());
                }
                backToUsual(mine);
            });
        }
    }

    private synchronized void backToUsual(long request) {
        if (request == requests) {
            apply.accept(usual);
        }
    }
}
